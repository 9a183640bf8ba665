import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

export interface UpstreamsOptions {
  /** Servers of the configuration, `address` or `address:port` (`[v6]:port`); empty: those of `resolvConf`. */
  readonly servers: readonly string[];
  readonly resolvConf: string;
  /** Addresses of this very server: asking them would go round for ever. */
  readonly own: readonly string[];
  /** How long the file's content is believed, ms. Default 5000. */
  readonly maxAgeMs?: number;
}

export interface Upstream {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
}

/** The servers other names are asked for. */
export class Upstreams {
  readonly #options: UpstreamsOptions;
  #known: readonly Upstream[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
  }

  /** In order of preference; read again now and then, since networks change under a running agent. */
  async list(): Promise<readonly Upstream[]> {
    const { servers, resolvConf, own, maxAgeMs = 5000 } = this.#options;
    const now = performance.now();
    if (now - this.#readAt < maxAgeMs) return this.#known;
    this.#readAt = now;
    const texts =
      servers.length > 0 ? servers : nameservers(await readFile(resolvConf, 'utf8').catch(() => ''));
    this.#known = texts
      .flatMap((text) => parseUpstream(text) ?? [])
      .filter(({ address, port }) => port !== 53 || !own.includes(address));
    return this.#known;
  }
}

function nameservers(resolvConf: string): string[] {
  return resolvConf
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([word, address]) => (word === 'nameserver' && address ? [address] : []));
}

/** `undefined` for what is no address. */
export function parseUpstream(text: string): Upstream | undefined {
  const [, bracketed, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  const family = isIP(address.split('%')[0]!);
  const port = portText === undefined ? 53 : Number(portText);
  if ((family !== 4 && family !== 6) || port < 1 || port > 65_535) return undefined;
  return { address, port, family };
}
