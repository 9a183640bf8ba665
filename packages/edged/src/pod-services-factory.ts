import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText, type Logger } from '@edgecore/api';
import type { DnsConfig, RegistryAuth } from '@edgecore/container-runtime';
import type { PodServices } from './act/pod-services.js';
import { Backoff } from './backoff/backoff.js';
import type { CsiVolumes } from './csi/node/csi-volumes.js';
import { parseResolvConf } from './dns/resolv-conf.js';
import { ImagePuller } from './images/image-puller.js';
import { configCredentials, secretCredentials } from './images/registry-credentials.js';
import type { Pod } from './kube-types.js';
import type { EdgedSettings } from './options.js';
import type { ObjectSource } from './ports/object-source.js';
import { logEvents, type PodEventListener } from './ports/pod-events.js';
import { persistentVolumes } from './volumes/persistent-volumes.js';
import { PodVolumes } from './volumes/pod-volumes.js';
import { TmpfsMounter } from './volumes/tmpfs.js';

/** Puts together what all pods share. */
export function createPodServices(
  settings: EdgedSettings,
  objects: ObjectSource,
  csi: CsiVolumes,
  log: Logger,
): PodServices {
  const { runtime, clock, random } = settings;
  const logged = logEvents(log, clock);
  const events: PodEventListener = (event) => {
    logged(event);
    settings.onEvent?.(event);
  };
  return {
    runtime,
    clock,
    random,
    objects,
    events,
    log,
    volumes: new PodVolumes(settings.rootDirectory, new TmpfsMounter(log), persistentVolumes(csi)),
    images: new ImagePuller({
      runtime,
      clock,
      events,
      backoff: settings.imageBackoff,
      serialize: settings.serializeImagePulls,
      progressDeadlineMs: settings.imagePullProgressDeadlineMs,
    }),
    crashBackoff: new Backoff(settings.crashBackoff),
    sandbox: {
      sandboxImage: settings.sandboxImage,
      clusterDomain: settings.clusterDomain,
      podLogsDir: settings.podLogsDir,
      cgroupsPerQos: settings.cgroupsPerQos && runtime.capabilities.resources,
      cgroupRoot: settings.cgroupRoot,
      seccomp: {
        profileDirectory: join(settings.rootDirectory, 'seccomp'),
        fallback: settings.seccompDefault,
      },
    },
    dns: { servers: settings.clusterDns, domain: settings.clusterDomain },
    limits: { nodeMemoryBytes: settings.nodeMemoryBytes, cpuQuota: settings.cpuCfsQuota },
    allocatable: settings.allocatable,
    environment: settings.containerEnvironment,
    terms: settings,
    hostIps: settings.nodeIps,
    hostDns: () => readHostDns(settings.resolvConf),
    registryAuths: (pod, signal) => registryAuths(pod, settings.registryConfigFiles, objects, log, signal),
  };
}

async function readHostDns(file: string): Promise<DnsConfig> {
  return parseResolvConf(file === '' ? '' : await readFile(file, 'utf8').catch(() => ''));
}

/** The pod's pull secrets, then the node's own credentials. What cannot be read is left out (edged.md §4.1). */
async function registryAuths(
  { metadata, spec }: Pod,
  files: readonly string[],
  objects: ObjectSource,
  log: Logger,
  signal: AbortSignal,
): Promise<RegistryAuth[]> {
  const auths: RegistryAuth[] = [];
  for (const { name = '' } of spec.imagePullSecrets ?? []) {
    try {
      auths.push(...secretCredentials(await objects.getSecret(metadata.namespace, name, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn(
        { pod: metadata.name, secret: name, error: errorText(error) },
        'pull secret not available, going on without',
      );
    }
  }
  for (const file of files) auths.push(...configCredentials(await readFile(file, 'utf8').catch(() => '')));
  return auths;
}
