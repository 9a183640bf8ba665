import { errorText } from '@edgecore/api';
import type { AnyMessage, GrpcMethod, Init } from '@edgecore/grpc';
import { VolumeError } from '../../errors.js';
import type { CsiCallError } from '../call.js';
import { Node } from '../methods.js';
import type { CsiNode } from './csi-node.js';
import {
  pathExists,
  removeMountDirectory,
  removeStagingDirectory,
  removeVolumeDirectory,
} from './remove-directories.js';
import { allKnownVolumes, type KnownVolume } from './vol-data.js';

/**
 * Unpublishes a volume of a pod, and unstages it when no other pod has it. The caller lets nobody else work on
 * the volume meanwhile.
 *
 * @throws {VolumeError} when the driver does not, or is not registered: call again later.
 */
export async function unmountVolume(node: CsiNode, volume: KnownVolume): Promise<void> {
  const { podUid, specVolID, driverName, volumeHandle: volumeId } = volume;
  const targetPath = node.paths.target(podUid, specVolID);
  node.notReady(targetPath);
  await undo(node, volume, 'UnmountVolume.TearDown', Node.unpublishVolume, { volumeId, targetPath });
  await removeMountDirectory(targetPath);
  const stagingTargetPath = await node.stagingPath(driverName, volumeId, specVolID);
  if ((await pathExists(stagingTargetPath)) && !(await isShared(node, volume))) {
    node.notReady(stagingTargetPath);
    await undo(node, volume, 'UnmountDevice', Node.unstageVolume, { volumeId, stagingTargetPath });
    await removeStagingDirectory(stagingTargetPath);
  }
  // Last: until here another try finds the volume again.
  await removeVolumeDirectory(node.paths.podVolume(podUid, specVolID));
}

/** What a driver does not know is undone; whether something is still mounted is looked at afterwards. */
async function undo<Request extends AnyMessage>(
  node: CsiNode,
  { specVolID, driverName }: KnownVolume,
  step: string,
  method: GrpcMethod<Request>,
  request: Init<Request>,
): Promise<void> {
  const { signal } = node.options;
  try {
    await node.call(node.driver(driverName), method, request, signal);
  } catch (error) {
    signal.throwIfAborted();
    if ((error as CsiCallError).grpcCode === 'NotFound') return;
    throw new VolumeError(`${step} failed for volume "${specVolID}" : ${errorText(error)}`, { cause: error });
  }
}

async function isShared(node: CsiNode, { podUid, driverName, volumeHandle }: KnownVolume): Promise<boolean> {
  const all = await allKnownVolumes(node.paths);
  return all.some(
    (one) => one.podUid !== podUid && one.driverName === driverName && one.volumeHandle === volumeHandle,
  );
}
