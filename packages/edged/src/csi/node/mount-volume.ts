import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Init } from '@edgecore/grpc';
import { VolumeStepError } from '../../errors.js';
import type { ObjectSource } from '../../ports/object-source.js';
import { applyFsGroup, type FsGroup } from '../../volumes/fs-group.js';
import type { NodePublishVolumeRequest, NodeStageVolumeRequest } from '../messages.js';
import { Node } from '../methods.js';
import type { CsiDriver } from '../registration/driver-registry.js';
import { waitForAttachment } from './attachment.js';
import type { CsiNode } from './csi-node.js';
import { attachmentName } from './csi-paths.js';
import { csiSecret } from './csi-secret.js';
import { pathExists } from './remove-directories.js';
import { writeVolData } from './vol-data.js';
import {
  type NodeCapability,
  nodeCapabilities,
  takesFsGroup,
  volumeCapability,
} from './volume-capability.js';
import type { CsiVolumeSpec } from './volume-spec.js';

/** What staging and publishing are told alike. */
type CommonRequest = Init<typeof NodeStageVolumeRequest> & Init<typeof NodePublishVolumeRequest>;

/** One volume on its way to a pod. */
export interface MountWork {
  readonly node: CsiNode;
  readonly spec: CsiVolumeSpec;
  readonly driver: CsiDriver;
  readonly objects: ObjectSource;
  readonly fsGroup: FsGroup | undefined;
  readonly signal: AbortSignal;
}

/**
 * Waits until the cloud has attached a volume.
 *
 * @returns the driver's publish context.
 * @throws {VolumeStepError} `FailedAttachVolume`.
 */
export function attachVolume(work: MountWork): Promise<ReadonlyMap<string, string>> {
  const { spec, objects, signal } = work;
  const { nodeName, clock, timeoutMs, withoutAttach } = work.node.options;
  const { driver, handle } = spec;
  if (spec.lifecycle === 'Ephemeral' || withoutAttach.has(driver)) return Promise.resolve(new Map());
  const name = attachmentName(handle, driver, nodeName);
  return step('AttachVolume.Attach', work, () =>
    waitForAttachment({ name, driver, handle, objects, clock, timeoutMs, signal }),
  );
}

/**
 * Stages and publishes a volume. The caller lets nobody else work on it meanwhile.
 *
 * @throws {VolumeStepError} `FailedMount`.
 */
export async function mountVolume(
  work: MountWork,
  publishContext: ReadonlyMap<string, string>,
  target: string,
): Promise<void> {
  const { node, spec, driver, fsGroup, signal } = work;
  const capabilities = await step('MountVolume.SetUp', work, async () =>
    nodeCapabilities(await node.call(driver, Node.getCapabilities, {}, signal)),
  );
  const request: CommonRequest = {
    volumeId: spec.handle,
    publishContext,
    volumeCapability: volumeCapability(spec, capabilities, fsGroup?.gid),
    volumeContext: spec.context,
  };
  const stagingTargetPath = await step('MountVolume.MountDevice', work, async () => {
    // Before the driver is asked for anything: from here on there is something to undo.
    await remember(work);
    return stage(work, request, capabilities);
  });
  await step('MountVolume.SetUp', work, async () => {
    await publish(work, { ...request, stagingTargetPath }, target);
    if (fsGroup && takesFsGroup(spec, capabilities)) await applyFsGroup(target, fsGroup, false);
  });
}

async function remember({ node, spec }: MountWork): Promise<void> {
  const { podUid, name, driver, handle, lifecycle } = spec;
  const { nodeName } = node.options;
  const directory = node.paths.podVolume(podUid, name);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  await writeVolData(directory, {
    attachmentID: attachmentName(handle, driver, nodeName),
    driverName: driver,
    nodeName,
    specVolID: name,
    volumeHandle: handle,
    volumeLifecycleMode: lifecycle,
  });
}

/** @returns the staging path, `''` for a driver or a volume without one. */
async function stage(
  { node, spec, driver, objects, signal }: MountWork,
  request: CommonRequest,
  capabilities: ReadonlySet<NodeCapability>,
): Promise<string> {
  if (spec.lifecycle === 'Ephemeral' || !capabilities.has('STAGE_UNSTAGE_VOLUME')) return '';
  const path = await node.stagingPath(spec.driver, spec.handle, spec.name);
  if (await node.isReady(path)) return path;
  const secrets = await csiSecret(spec.stageSecret, objects, signal);
  await mkdir(path, { recursive: true, mode: 0o750 });
  await writeVolData(dirname(path), { driverName: spec.driver, volumeHandle: spec.handle });
  await node.call(driver, Node.stageVolume, { ...request, stagingTargetPath: path, secrets }, signal);
  await node.nowReady(path);
  return path;
}

async function publish(
  { node, spec, driver, objects, signal }: MountWork,
  request: CommonRequest,
  targetPath: string,
): Promise<void> {
  const secrets = await csiSecret(spec.publishSecret, objects, signal);
  const { readOnly: readonly } = spec;
  await node.call(driver, Node.publishVolume, { ...request, targetPath, readonly, secrets }, signal);
  if (!(await pathExists(targetPath))) throw new Error(`the driver published nothing at ${targetPath}`);
  await node.nowReady(targetPath);
}

async function step<T>(
  name: ConstructorParameters<typeof VolumeStepError>[1],
  { spec, signal }: MountWork,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const reason = name === 'AttachVolume.Attach' ? 'FailedAttachVolume' : 'FailedMount';
    throw new VolumeStepError(reason, name, spec.name, error);
  }
}
