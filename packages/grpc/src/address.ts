import { connect, type Socket } from 'node:net';

/** Where a server is: the path of a unix socket, or a host (name or IP) and a TCP port. No TLS either way. */
export type GrpcAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** `:authority` of calls: `host:port`, IPv6 in brackets; `localhost` for a unix socket, as other clients have it. */
export function authority(address: GrpcAddress): string {
  if ('socketPath' in address) return 'localhost';
  const { host, port } = address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** @throws Error for what cannot be an address. */
export function connectSocket(address: GrpcAddress): Socket {
  if (!('socketPath' in address)) return connect({ host: address.host, port: address.port });
  // By name: a path of digits alone would be taken for a port of TCP, an empty one for none.
  if (address.socketPath === '') throw new Error('the path of the socket is empty');
  return connect({ path: address.socketPath });
}
