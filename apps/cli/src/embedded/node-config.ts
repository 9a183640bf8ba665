import { createHash, X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applySetting,
  bootstrapFileFor,
  type ConfigDocument,
  configDocument,
  formatConfig,
  type HostFacts,
} from '@edgecore/edgecore';
import { PAUSE_IMAGE } from './images.js';
import type { EmbeddedPaths } from './paths.js';

export interface EmbeddedNode {
  readonly paths: EmbeddedPaths;
  readonly host: HostFacts;
  readonly nodeName: string | undefined;
  readonly hubPort: number;
  readonly httpsPort: number;
  readonly tunnelPort: number;
  readonly runtime: 'auto' | 'docker' | 'process';
  readonly dockerEndpoint: string;
  /** Of the MQTT broker, on loopback; 0 is any free one. */
  readonly mqttPort: number;
  /** `path=value` of any keys; they win. */
  readonly settings: readonly string[];
}

/** The configuration of the embedded node: upstream's format, as for any other cloud. */
export function nodeDocument(node: EmbeddedNode): ConfigDocument {
  const { paths, hubPort, httpsPort, tunnelPort, nodeName, dockerEndpoint } = node;
  const document = configDocument('min', 'v1alpha2', node.host);
  const modules = document['modules'] as Record<string, ConfigDocument>;
  const edged = modules['edged']!;
  const docker = dockerEndpoint.startsWith('tcp://') ? dockerEndpoint : `unix://${dockerEndpoint}`;
  document['database'] = { dataSource: paths.database };
  document['edgecoreTs'] = {
    edged: { runtime: node.runtime, instance: instanceOf(paths) },
    // A changed wish in a manifest should reach the device, whatever its mapper speaks.
    deviceTwin: { desiredAsExpected: true },
  };
  const [ca, cert, key] = ['ca.crt', 'node.crt', 'node.key'].map((file) => join(paths.certificates, file));
  Object.assign(modules['edgeHub']!, {
    httpServer: `https://127.0.0.1:${httpsPort}`,
    tlsCaFile: ca,
    tlsCertFile: cert,
    tlsPrivateKeyFile: key,
    websocket: { enable: true, server: `127.0.0.1:${hubPort}` },
  });
  Object.assign(edged, {
    ...(nodeName === undefined ? {} : { hostnameOverride: nodeName }),
    podSandboxImage: PAUSE_IMAGE,
    rootDirectory: paths.pods,
    tailoredKubeletConfig: {
      ...(edged['tailoredKubeletConfig'] as ConfigDocument),
      containerRuntimeEndpoint: docker,
      imageServiceEndpoint: docker,
      podLogsDir: paths.logs,
      // The usual place may hold those of a real agent on this machine.
      staticPodPath: join(paths.node, 'static-pods'),
      // A laptop's disk is often fuller than a server's; pods must not be evicted for it.
      evictionHard: {
        'memory.available': '100Mi',
        'nodefs.available': '1%',
        'nodefs.inodesFree': '1%',
        'imagefs.available': '1%',
        'imagefs.inodesFree': '1%',
      },
      // The images on this machine are its user's.
      imageGCHighThresholdPercent: 100,
      // The port may belong to a real agent on this machine.
      readOnlyPort: 0,
    },
  });
  // For `kubectl logs` and `exec` with the cloud's kubeconfig.
  modules['edgeStream'] = {
    enable: true,
    server: `127.0.0.1:${tunnelPort}`,
    tlsTunnelCAFile: ca,
    tlsTunnelCertFile: cert,
    tlsTunnelPrivateKeyFile: key,
  };
  Object.assign(modules['eventBus']!, {
    mqttMode: 0,
    mqttServerInternal: `tcp://127.0.0.1:${node.mqttPort}`,
  });
  // The usual place needs root, and may be a real agent's.
  modules['deviceTwin'] = { ...(modules['deviceTwin'] as ConfigDocument), dmiSockPath: paths.node };
  // For `edgecore cloud http`; its port is only taken when a rule lets applications call the cloud.
  modules['serviceBus'] = { enable: true };
  for (const setting of node.settings) applySetting(document, 'v1alpha2', setting);
  return document;
}

/** A node per data directory: two of them on one engine must leave each other's containers alone. */
function instanceOf({ root }: EmbeddedPaths): string {
  return `embedded-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
}

/** Writes the node's configuration and hands it the cloud's token. */
export async function prepareNode(node: EmbeddedNode): Promise<void> {
  const { paths } = node;
  await mkdir(paths.certificates, { recursive: true, mode: 0o700 });
  await forgetOtherCloud(paths);
  const header = '# Written by `edgecore start` each time; changes are lost.\n';
  await writeFile(paths.config, header + formatConfig(nodeDocument(node)), { mode: 0o600 });
  const token = bootstrapFileFor(paths.config);
  await copyFile(join(paths.cloud, 'token'), token);
  await chmod(token, 0o600);
}

/** Certificates of a cloud that was deleted would never be accepted: the node joins anew. */
async function forgetOtherCloud({ cloud, certificates }: EmbeddedPaths): Promise<void> {
  const [theirs, ours] = await Promise.all([
    fingerprint(join(cloud, 'ca.crt')),
    fingerprint(join(certificates, 'ca.crt')),
  ]);
  if (ours !== undefined && ours !== theirs) {
    await rm(certificates, { recursive: true });
    await mkdir(certificates, { mode: 0o700 });
  }
}

async function fingerprint(file: string): Promise<string | undefined> {
  try {
    const { raw } = new X509Certificate(await readFile(file));
    return createHash('sha256').update(raw).digest('hex');
  } catch {
    return undefined;
  }
}
