import { isIPv4 } from 'node:net';
import { InvalidMeshOptionError } from '../errors.js';

/** An IPv4 network, its addresses as numbers. */
export interface Subnet {
  /** As written into rules and routes: `9.251.0.0/16`. */
  readonly text: string;
  /** First address of the network, never given out. */
  readonly base: number;
  /** Number of addresses, the first and the last of which are never given out. */
  readonly size: number;
}

/** @throws {InvalidMeshOptionError} unless it is an IPv4 network with a prefix of 8 to 28 bits. */
export function parseSubnet(text: string): Subnet {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (rest.length > 0 || !isIPv4(address) || !(prefix >= 8 && prefix <= 28)) {
    throw new InvalidMeshOptionError(
      'subnet',
      `must be an IPv4 network with a prefix of 8 to 28 bits, such as 9.251.0.0/16, not "${text}"`,
    );
  }
  const size = 2 ** (32 - prefix);
  const base = Math.floor(addressNumber(address) / size) * size;
  return { text: `${addressText(base)}/${prefix}`, base, size };
}

export function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function addressText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** Is this an address services may have? */
export function isUsable(subnet: Subnet, address: string): boolean {
  if (!isIPv4(address)) return false;
  const offset = addressNumber(address) - subnet.base;
  return offset > 0 && offset < subnet.size - 1;
}
