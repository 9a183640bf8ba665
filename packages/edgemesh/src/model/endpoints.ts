import { list, portNumber, record, text } from './read.js';
import type { Protocol } from './service.js';

export interface EndpointAddress {
  readonly ip: string;
  readonly nodeName: string;
  readonly hostname: string;
  /** Name of the pod behind it, `''` when there is none. */
  readonly pod: string;
  readonly ready: boolean;
}

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface EndpointSubset {
  readonly addresses: readonly EndpointAddress[];
  readonly ports: readonly EndpointPort[];
}

/** Reads the subsets of a v1.Endpoints. */
export function readEndpoints(content: unknown): readonly EndpointSubset[] {
  return list(record(content)['subsets']).map((raw) => {
    const subset = record(raw);
    return {
      addresses: [
        ...list(subset['addresses']).flatMap((address) => readAddress(address, true)),
        ...list(subset['notReadyAddresses']).flatMap((address) => readAddress(address, false)),
      ],
      ports: list(subset['ports']).flatMap(readPort),
    };
  });
}

function readAddress(raw: unknown, ready: boolean): EndpointAddress[] {
  const address = record(raw);
  const ip = text(address['ip']);
  if (ip === '') return [];
  const target = record(address['targetRef']);
  return [
    {
      ip,
      nodeName: text(address['nodeName']),
      hostname: text(address['hostname']),
      pod: target['kind'] === 'Pod' ? text(target['name']) : '',
      ready,
    },
  ];
}

function readPort(raw: unknown): EndpointPort[] {
  const entry = record(raw);
  const protocol = entry['protocol'] ?? 'TCP';
  const port = portNumber(entry['port']);
  if ((protocol !== 'TCP' && protocol !== 'UDP') || port === 0) return [];
  return [{ name: text(entry['name']), protocol, port }];
}
