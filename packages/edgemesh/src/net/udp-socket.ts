import { createSocket, type Socket, type SocketOptions } from 'node:dgram';

type Lookup = NonNullable<SocketOptions['lookup']>;

/** Addresses only: without it each datagram sent goes through the resolver's queue first. */
const noLookup: Lookup = (address, _options, callback) => {
  callback(null, address, address.includes(':') ? 6 : 4);
};

/** A UDP socket for peers that are named by address. */
export function udpSocket(family: 4 | 6, options: Omit<SocketOptions, 'type' | 'lookup'> = {}): Socket {
  return createSocket({ ...options, type: family === 6 ? 'udp6' : 'udp4', lookup: noLookup });
}
