import { type ServiceKey, serviceKey } from './names.js';
import { list, portNumber, record, text, texts } from './read.js';

export type Protocol = 'TCP' | 'UDP';

export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  /** Served by the HTTP proxy; other TCP ports pass bytes. */
  readonly http: boolean;
}

/** What the mesh needs of a v1.Service. */
export interface Service {
  readonly key: ServiceKey;
  readonly namespace: string;
  readonly name: string;
  readonly ports: readonly ServicePort[];
  /** Without one the endpoints say where to go, and a pod list means nothing (edgemesh.md §4.1). */
  readonly hasSelector: boolean;
  readonly headless: boolean;
  /** Name this service stands for; `''` for all but ExternalName services. */
  readonly externalName: string;
  /** How long a client stays with its endpoint, ms; 0 without `sessionAffinity: ClientIP`. */
  readonly affinityMs: number;
  readonly publishNotReady: boolean;
  /** Left alone by the mesh: its label asks for another proxy (edgemesh.md §11.2). */
  readonly filtered: boolean;
}

export type ServiceFilterMode = 'FilterIfLabelExists' | 'FilterIfLabelDoesNotExists';

const FILTER_LABEL = 'service.edgemesh.kubeedge.io/service-proxy-name';
const DEFAULT_AFFINITY_SECONDS = 10_800;

/**
 * Reads a service. Namespace and name are those of the resource it came under,
 * never of the content; ports that make no sense are left out.
 */
export function readService(
  namespace: string,
  name: string,
  content: unknown,
  filterMode: ServiceFilterMode = 'FilterIfLabelExists',
): Service {
  const { metadata, spec: rawSpec } = record(content);
  const spec = record(rawSpec);
  const labelled = FILTER_LABEL in texts(record(metadata)['labels']);
  const external = spec['type'] === 'ExternalName';
  const clientIp = record(record(spec['sessionAffinityConfig'])['clientIP'])['timeoutSeconds'];
  const seconds = typeof clientIp === 'number' && clientIp > 0 ? clientIp : DEFAULT_AFFINITY_SECONDS;
  return {
    key: serviceKey(namespace, name),
    namespace,
    name,
    ports: external ? [] : list(spec['ports']).flatMap(readPort),
    hasSelector: Object.keys(texts(spec['selector'])).length > 0,
    headless: spec['clusterIP'] === 'None',
    externalName: external ? text(spec['externalName']).replace(/\.$/, '').toLowerCase() : '',
    affinityMs: spec['sessionAffinity'] === 'ClientIP' ? seconds * 1000 : 0,
    publishNotReady: spec['publishNotReadyAddresses'] === true,
    filtered: filterMode === 'FilterIfLabelExists' ? labelled : !labelled,
  };
}

function readPort(raw: unknown): ServicePort[] {
  const entry = record(raw);
  const protocol = entry['protocol'] ?? 'TCP';
  const port = portNumber(entry['port']);
  if ((protocol !== 'TCP' && protocol !== 'UDP') || port === 0) return [];
  const name = text(entry['name']);
  const appProtocol = text(entry['appProtocol']);
  const target = entry['targetPort'];
  const named = text(target);
  // 0 is what an unset target port looks like on the wire (edgemesh.md §4.1).
  const targetPort = /^\d+$/.test(named) ? Number(named) : named || portNumber(target) || port;
  const http =
    protocol === 'TCP' &&
    (appProtocol === '' ? name === 'http' || name.startsWith('http-') : appProtocol === 'http');
  return [{ name, protocol, port, targetPort, http }];
}

/** The label selector as the API server writes it; for asking it for the pods of a service. */
export function selectorText(content: unknown): string {
  const selector = texts(record(record(content)['spec'])['selector']);
  return Object.entries(selector)
    .map(([label, value]) => `${label}=${value}`)
    .sort()
    .join(',');
}
