import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudProfileSetting } from '@edgecore/api';
import { type EdgeCoreConfig, loadConfig } from '@edgecore/edgecore';
import { PAUSE_IMAGE } from '@edgecore/testing';

export interface NodeConfigOptions {
  /** Everything of the node goes here. */
  readonly dir: string;
  readonly nodeName: string;
  readonly format: 'v1alpha1' | 'v1alpha2';
  readonly httpsPort: number;
  readonly hubPort: number;
  readonly token: string;
  readonly runtime: 'auto' | 'docker' | 'process';
  /** Default: the format's own. */
  readonly cloudProfile?: CloudProfileSetting;
  /** Name on a container engine others use, too. Default: the node's name. */
  readonly instance?: string;
  /** Default `/var/run/docker.sock`. */
  readonly dockerSocket?: string;
  readonly podStatusSyncSeconds?: number;
  /** Period of the keepalive. Default: the format's own. */
  readonly heartbeatSeconds?: number;
  /** Period of the node status, whether anything changed or not. Default: the format's own. */
  readonly nodeStatusSeconds?: number;
  /** `evictionHard` of v1alpha2, as YAML. Default: nothing is ever short enough. */
  readonly evictionHard?: string;
  /** Port of dbTest. Default: dbTest is off. */
  readonly dbTestPort?: number;
  /** Port for applications of the node. Default: serviceBus is off. */
  readonly serviceBusPort?: number;
  /** Port of the embedded MQTT broker. Default: any free one. */
  readonly mqttPort?: number;
  /** Default: in `dir`. */
  readonly database?: string;
}

/** The text of an `edgecore.yaml` as an operator would write it for a cloud on this machine. */
export function nodeYaml(options: NodeConfigOptions): string {
  const { dir, format, nodeName, dbTestPort, heartbeatSeconds } = options;
  return `apiVersion: edgecore.config.kubeedge.io/${format}
kind: EdgeCore
database:
  dataSource: ${options.database ?? join(dir, 'edgecore.db')}
modules:
  edgeHub:
    httpServer: https://127.0.0.1:${options.httpsPort}
    token: "${options.token}"
    tlsCaFile: ${join(dir, 'ca.crt')}
    tlsCertFile: ${join(dir, 'edge.crt')}
    tlsPrivateKeyFile: ${join(dir, 'edge.key')}
    websocket:
      server: 127.0.0.1:${options.hubPort}
${heartbeatSeconds === undefined ? '' : `    heartbeat: ${heartbeatSeconds}\n`}  edged:
    hostnameOverride: ${nodeName}
    podSandboxImage: ${PAUSE_IMAGE}
${format === 'v1alpha1' ? edged2020(options) : edgedToday(options)}${
  dbTestPort === undefined ? '' : '  dbTest:\n    enable: true\n'
}${format === 'v1alpha1' ? NO_MESH : ''}${serviceBus(options)}  eventBus:
    mqttMode: 0
    mqttServerInternal: tcp://127.0.0.1:${options.mqttPort ?? 0}
edgecoreTs:
  edged:
    runtime: ${options.runtime}
    instance: ${options.instance ?? nodeName}
    rootDirectory: ${podsDirectory(dir)}
    podLogsDir: ${logsDirectory(dir)}
    staticPodPath: ${manifestsDirectory(dir)}
    listenHttp: false
${options.cloudProfile === undefined ? '' : `  cloudProfile: ${options.cloudProfile}\n`}${
  dbTestPort === undefined ? '' : `  dbTest:\n    port: ${dbTestPort}\n`
}`;
}

function serviceBus({ format, serviceBusPort: port }: NodeConfigOptions): string {
  if (port === undefined) return '';
  // The file of 2020 has no port: that cloud has no use for it.
  return `  serviceBus:\n    enable: true\n${format === 'v1alpha1' ? '' : `    port: ${port}\n`}`;
}

/** On by default in that format: rules and DNS of the whole machine, which all nodes here share. */
const NO_MESH = '  edgeMesh:\n    enable: false\n';

/** Each key replaces its default. */
const NOTHING_IS_SHORT =
  'memory.available: 10Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%';

/** Where the node's pods live. */
export function podsDirectory(dir: string): string {
  return join(dir, 'pods');
}

/** Manifests of static pods. */
export function manifestsDirectory(dir: string): string {
  return join(dir, 'manifests');
}

export function logsDirectory(dir: string): string {
  return join(dir, 'logs');
}

/** Writes the file and gives its path. */
export async function writeNodeConfig(options: NodeConfigOptions): Promise<string> {
  const file = join(options.dir, 'edgecore.yaml');
  await writeFile(file, nodeYaml(options), { mode: 0o600 });
  return file;
}

/** The same as a loaded configuration. */
export async function nodeConfig(options: NodeConfigOptions): Promise<EdgeCoreConfig> {
  const { config } = await loadConfig(await writeNodeConfig(options));
  return config;
}

function edged2020({ dockerSocket, nodeStatusSeconds, podStatusSyncSeconds }: NodeConfigOptions): string {
  return [
    '    imageGCHighThreshold: 100\n',
    dockerSocket === undefined ? '' : `    runtimeType: docker\n    dockerAddress: unix://${dockerSocket}\n`,
    nodeStatusSeconds === undefined ? '' : `    nodeStatusUpdateFrequency: ${nodeStatusSeconds}\n`,
    podStatusSyncSeconds === undefined
      ? ''
      : `  metaManager:\n    podStatusSyncInterval: ${podStatusSyncSeconds}\n`,
  ].join('');
}

function edgedToday({ dir, dockerSocket, nodeStatusSeconds, evictionHard }: NodeConfigOptions): string {
  return [
    `    tailoredKubeletConfig:\n`,
    // Pods must not be evicted because the machine that tests has a full disk, nor its images be removed.
    `      evictionHard: {${evictionHard ?? NOTHING_IS_SHORT}}\n`,
    '      imageGCHighThresholdPercent: 100\n',
    dockerSocket === undefined ? '' : `      containerRuntimeEndpoint: unix://${dockerSocket}\n`,
    nodeStatusSeconds === undefined
      ? ''
      : `      nodeStatusUpdateFrequency: ${nodeStatusSeconds}s\n      nodeStatusReportFrequency: ${nodeStatusSeconds}s\n`,
    `  deviceTwin:\n    dmiSockPath: ${dir}\n`,
  ].join('');
}
