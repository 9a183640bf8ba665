import {
  applySetting,
  type ConfigDocument,
  type ConfigVersion,
  configDocument,
  formatHostPort,
  type HostFacts,
  parseHostPort,
} from '@edgecore/edgecore';
import { CliError } from '../errors.js';
import { apiOf, type JoinOptions } from './options.js';

const DOCKER = 'unix:///var/run/docker.sock';

/** What `join` is about to write, and what it talks to before. */
export interface JoinPlan {
  readonly api: ConfigVersion;
  readonly nodeName: string;
  /** The certificate service, `https://host:port`. */
  readonly httpServer: string;
  readonly document: ConfigDocument;
  readonly warnings: readonly string[];
}

/** The full default configuration with the flags applied (config.md §8). Touches nothing. */
export function planJoin(options: JoinOptions, host: HostFacts): JoinPlan {
  const api = apiOf(options);
  const server = parseHostPort(options.cloudcoreIpport);
  if (!server) {
    throw new CliError(
      `--cloudcore-ipport "${options.cloudcoreIpport}" is not host:port, such as 203.0.113.5:10000 or [2001:db8::5]:10000`,
    );
  }
  const certPort = Number(options.certport);
  if (!Number.isInteger(certPort) || certPort < 1 || certPort > 65_535) {
    throw new CliError(`--certport "${options.certport}" is not a port from 1 to 65535`);
  }
  if (options.hubProtocol !== 'websocket') {
    throw new CliError(
      options.hubProtocol === 'quic'
        ? '--hub-protocol quic: modules.edgeHub.quic.enable cannot be true, the clouds speak Google QUIC of 2018, which no current library offers; use websocket'
        : `--hub-protocol "${options.hubProtocol}" must be websocket`,
    );
  }
  const at = (port: number) => formatHostPort(server.host, port);
  const httpServer = `https://${at(certPort)}`;
  const document = configDocument('default', api, host);
  const set = (path: string, value: ConfigDocument[string]) => assign(document, path, value);
  set('modules.edgeHub.websocket.server', at(server.port));
  set('modules.edgeHub.quic.server', at(10_001));
  set('modules.edgeHub.httpServer', httpServer);
  set('modules.edgeHub.token', '');
  set('modules.edgeStream.server', at(10_004));
  if (options.edgenodeName) set('modules.edged.hostnameOverride', options.edgenodeName);
  const labels = parseLabels(options.labels);
  const warnings =
    api === 'v1alpha1' ? applyTo2020(set, options, labels) : applyToToday(set, options, labels);
  for (const setting of options.set) applySetting(document, api, setting);
  const nodeName = (document['modules'] as { edged: { hostnameOverride: string } }).edged.hostnameOverride;
  return { api, nodeName, httpServer, document, warnings: [...warnings, ...ignored(options)] };
}

type Set = (path: string, value: ConfigDocument[string]) => void;

function applyTo2020(set: Set, options: JoinOptions, labels: Record<string, string>): string[] {
  if (options.runtimetype) set('modules.edged.runtimeType', options.runtimetype);
  if (options.interfacename) set('modules.edged.interfaceName', options.interfacename);
  if (options.remoteRuntimeEndpoint) {
    set('modules.edged.remoteRuntimeEndpoint', options.remoteRuntimeEndpoint);
    set('modules.edged.remoteImageEndpoint', options.remoteRuntimeEndpoint);
  }
  if (options.cgroupdriver) set('modules.edged.cgroupDriver', options.cgroupdriver);
  if (Object.keys(labels).length > 0) set('modules.edged.labels', labels);
  return [];
}

function applyToToday(set: Set, options: JoinOptions, labels: Record<string, string>): string[] {
  const kubelet = 'modules.edged.tailoredKubeletConfig';
  const endpoint = options.remoteRuntimeEndpoint ?? DOCKER;
  set(`${kubelet}.containerRuntimeEndpoint`, endpoint);
  set(`${kubelet}.imageServiceEndpoint`, endpoint);
  if (options.interfacename) set('modules.edged.customInterfaceName', options.interfacename);
  if (options.cgroupdriver) set(`${kubelet}.cgroupDriver`, options.cgroupdriver);
  if (Object.keys(labels).length > 0) set('modules.edged.nodeLabels', labels);
  return options.runtimetype ? ['--runtimetype belongs to v1alpha1 and is ignored; Docker is used'] : [];
}

function ignored(options: JoinOptions): string[] {
  const flags = {
    '--certPath': options.certPath,
    '--kubeedge-version': options.kubeedgeVersion,
    '--image-repository': options.imageRepository,
    '--tarballpath': options.tarballpath,
  };
  return Object.entries(flags)
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => `${flag} has no effect: nothing is downloaded, this program is the agent`);
}

/** `k1=v1,k2=v2`; an entry without `=` gets an empty value, as upstream. */
function parseLabels(text = ''): Record<string, string> {
  const entries = text.split(',').filter((entry) => entry.trim() !== '');
  return Object.fromEntries(
    entries.map((entry) => {
      const [key, ...value] = entry.split('=');
      if (!key?.trim()) throw new CliError(`--labels "${text}": an entry has no name; write k1=v1,k2=v2`);
      return [key.trim(), value.join('=').trim()];
    }),
  );
}

function assign(document: ConfigDocument, path: string, value: ConfigDocument[string]): void {
  const keys = path.split('.');
  let at = document;
  for (const key of keys.slice(0, -1)) at = at[key] as ConfigDocument;
  at[keys.at(-1)!] = value;
}
