import { EdgeCoreError } from '@edgecore/api';

/** Where the engine listens. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean };

/** The configured address of the engine cannot be used. */
export class InvalidEngineAddressError extends EdgeCoreError {
  constructor(value: string) {
    super(
      'ERR_INVALID_ENGINE_ADDRESS',
      `"${value}" is not an engine address: give a socket path, unix:///path, tcp://host:port or https://host:port`,
    );
  }
}

export const DEFAULT_SOCKET = '/var/run/docker.sock';

/** Reads `/path`, `unix:///path`, `tcp://host:port`, `http://…` and `https://…`. */
export function parseEngineAddress(value: string): EngineAddress {
  if (value.startsWith('/')) return { kind: 'socket', path: value };
  if (value.startsWith('unix://')) {
    const path = value.slice('unix://'.length);
    if (!path.startsWith('/')) throw new InvalidEngineAddressError(value);
    return { kind: 'socket', path };
  }
  const url = /^(tcp|https?):\/\//.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  if (!url?.hostname) throw new InvalidEngineAddressError(value);
  const tls = url.protocol === 'https:';
  const defaultPort = tls ? 2376 : 2375;
  return { kind: 'tcp', host: url.hostname, port: Number(url.port) || defaultPort, tls };
}

/** For messages. */
export function describeAddress(address: EngineAddress): string {
  return address.kind === 'socket' ? address.path : `${address.host}:${address.port}`;
}
