import { isRecord } from '@edgecore/api';

/** A mapper as it registered: how it is called, and where. */
export interface Mapper {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly protocol: string;
  /** Path of the unix socket it listens on. */
  readonly address: string;
  readonly state: string;
}

export const MAPPER_ROW_TYPE = 'devicemapper';
/** `node`, `nodeID` and `namespace` are literal: upstream never puts anything there. */
const KEY_PREFIX = 'node/nodeID/namespace/devicemapper/';

export function mapperRowKey(name: string): string {
  return KEY_PREFIX + name;
}

/** As Go writes it: JSON of the protobuf struct, empty fields left out, the address in base64. */
export function mapperRowValue(mapper: Mapper): string {
  const fields = {
    name: mapper.name,
    version: mapper.version,
    api_version: mapper.apiVersion,
    protocol: mapper.protocol,
    address: Buffer.from(mapper.address, 'utf8').toString('base64'),
    state: mapper.state,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')));
}

/** `undefined` for a row that is none, or lacks protocol or address. */
export function parseMapperRow(value: string | null): Mapper | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value ?? '');
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const text = (key: string) => {
    const found = parsed[key];
    return typeof found === 'string' ? found : '';
  };
  const mapper = {
    name: text('name'),
    version: text('version'),
    apiVersion: text('api_version'),
    protocol: text('protocol'),
    address: Buffer.from(text('address'), 'base64').toString('utf8'),
    state: text('state'),
  };
  return mapper.protocol === '' || mapper.address === '' ? undefined : mapper;
}
