import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { errorText } from '@edgecore/api';
import { CallError } from '../errors.js';

/** An address to connect to; never looked up again. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name. Default: the system's resolver. */
export type Resolver = (host: string) => Promise<readonly string[]>;

export const systemResolver: Resolver = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** What no name of another machine may stand for: this machine, the link (169.254.169.254 is a cloud's metadata service), nobody, many. */
const NOT_A_PEER = new BlockList();
NOT_A_PEER.addSubnet('0.0.0.0', 8, 'ipv4');
NOT_A_PEER.addSubnet('127.0.0.0', 8, 'ipv4');
NOT_A_PEER.addSubnet('169.254.0.0', 16, 'ipv4');
NOT_A_PEER.addSubnet('224.0.0.0', 3, 'ipv4');
NOT_A_PEER.addSubnet('::', 127, 'ipv6');
NOT_A_PEER.addSubnet('fe80::', 10, 'ipv6');
NOT_A_PEER.addSubnet('ff00::', 8, 'ipv6');
// IPv4 in IPv6 clothes: mapped, NAT64, 6to4.
NOT_A_PEER.addSubnet('::ffff:0:0', 96, 'ipv6');
NOT_A_PEER.addSubnet('64:ff9b::', 96, 'ipv6');
NOT_A_PEER.addSubnet('2002::', 16, 'ipv6');

/** Written as this machine; what another name stands for is looked up later, and never is this machine. */
export function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::' || host.startsWith('0.') || isIn(LOOPBACK, host);
}

/**
 * Looks a configured host up, once, and checks what came: a name whose owner
 * points it at this machine or at its metadata service afterwards is refused
 * (DNS rebinding). An address in the configuration is taken as it is.
 *
 * @throws {CallError} 404 when the name does not resolve, 403 when it resolves to something it must not.
 */
export function resolveAddress(host: string, resolver: Resolver): Address | Promise<Address> {
  return isIP(host) !== 0 ? addressOf(host) : lookUp(host, resolver);
}

async function lookUp(host: string, resolver: Resolver): Promise<Address> {
  let found: readonly string[];
  try {
    found = await resolver(host);
  } catch (cause) {
    throw new CallError(404, `error to call service: ${host} does not resolve: ${errorText(cause)}`, {
      cause,
    });
  }
  const [first] = found;
  if (first === undefined) throw new CallError(404, `error to call service: ${host} has no address`);
  // One bad address among good ones is a trick, too.
  const bad = found.find((address) => !(host === 'localhost' ? isIn(LOOPBACK, address) : isPeer(address)));
  if (bad !== undefined) throw new CallError(403, `${host} resolves to ${bad}, which is not allowed`);
  return addressOf(first);
}

function isPeer(address: string): boolean {
  return isIP(address) !== 0 && !isIn(NOT_A_PEER, address);
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function addressOf(address: string): Address {
  return { address, family: isIP(address) === 4 ? 4 : 6 };
}
