import type { NamedPod } from '../model/catalog.js';
import type { Service } from '../model/service.js';
import { OWN_TTL_SECONDS, Rcode, RecordType } from './constants.js';
import { encodeName, type Labels, toLabels, withoutSuffix } from './name.js';
import type { ReplyParts, Rr } from './reply.js';

/** What the names stand for. */
export interface ZoneSource {
  get(namespace: string, name: string): Service | undefined;
  hasNamespace(namespace: string): boolean;
  /** Addresses a service's name stands for; `undefined` when it should have one and has none. */
  addresses(service: Service): readonly string[] | undefined;
  namedPods(service: Service): readonly NamedPod[];
  /** Owner of a virtual address; `undefined` for addresses that are none, `null` for free ones. */
  ownerOf(address: string): Service | null | undefined;
}

export type Resolution =
  | { readonly kind: 'forward' }
  | { readonly kind: 'reply'; readonly parts: ReplyParts }
  /** The name is another name; the client wants the records of that one, too. */
  | { readonly kind: 'alias'; readonly target: Labels };

const FORWARD: Resolution = { kind: 'forward' };
const DEFAULT_NAMESPACE = 'default';

/** The names of the cluster (edgemesh.md §6). Pure: what a query is answered with. */
export class Zone {
  readonly #domain: Labels;
  readonly #services: Labels;
  readonly #soa: Rr;

  constructor(
    private readonly source: ZoneSource,
    clusterDomain: string,
  ) {
    this.#domain = toLabels(clusterDomain);
    this.#services = ['svc', ...this.#domain];
    this.#soa = soaRecord(this.#domain);
  }

  resolve(labels: Labels, type: number): Resolution {
    if (labels.length === 0) return FORWARD;
    const reverse = withoutSuffix(labels, ['in-addr', 'arpa']);
    if (reverse) return this.#reverse(reverse, type);
    const inside = withoutSuffix(labels, this.#services);
    if (inside) return this.#inside(inside, type);
    if (withoutSuffix(labels, this.#domain)) return this.#negative(labels.length === this.#domain.length);
    return this.#short(labels, type);
  }

  /** Below `svc.<clusterDomain>`: ours alone, whether the name exists or not. */
  #inside(labels: Labels, type: number): Resolution {
    const [first = '', second = '', third = '', fourth = ''] = labels;
    switch (labels.length) {
      case 0:
        return this.#negative(true);
      case 1:
        return this.#negative(this.source.hasNamespace(first));
      case 2:
        return this.#service(this.source.get(second, first), type) ?? this.#negative(false);
      case 3: {
        const service = this.source.get(third, second);
        return (service && this.#pod(service, first, type)) ?? this.#negative(false);
      }
      case 4: {
        const service = this.source.get(fourth, third);
        return (service && this.#port(service, first, second, type)) ?? this.#negative(false);
      }
      default:
        return this.#negative(false);
    }
  }

  /** Forms without the cluster's domain; what is no service of ours may be somebody else's name. */
  #short(labels: Labels, type: number): Resolution {
    const [name = '', namespace = DEFAULT_NAMESPACE, third, fourth] = labels;
    if (labels.length > 4 || (third ?? 'svc') !== 'svc' || (fourth ?? 'cluster') !== 'cluster')
      return FORWARD;
    return this.#service(this.source.get(namespace, name), type) ?? FORWARD;
  }

  #service(service: Service | undefined, type: number): Resolution | undefined {
    if (!service) return undefined;
    if (service.filtered) return FORWARD;
    if (service.externalName !== '') return { kind: 'alias', target: toLabels(service.externalName) };
    if (type !== RecordType.A && type !== RecordType.ANY) return this.#negative(true);
    const addresses = this.source.addresses(service);
    if (!addresses) return { kind: 'reply', parts: { rcode: Rcode.servFail } };
    return addresses.length === 0 ? this.#negative(true) : reply(addresses.map((address) => a(address)));
  }

  #pod(service: Service, hostname: string, type: number): Resolution | undefined {
    const pods = this.source.namedPods(service).filter((pod) => pod.hostname.toLowerCase() === hostname);
    if (pods.length === 0) return undefined;
    if (type !== RecordType.A && type !== RecordType.ANY) return this.#negative(true);
    return reply(pods.map(({ ip }) => a(ip)));
  }

  #port(service: Service, port: string, protocol: string, type: number): Resolution | undefined {
    const found = service.ports.find(
      (one) => `_${one.name}` === port && `_${one.protocol.toLowerCase()}` === protocol,
    );
    if (!found) return undefined;
    if (type !== RecordType.SRV && type !== RecordType.ANY) return this.#negative(true);
    const data = Buffer.alloc(6);
    data.writeUInt16BE(100, 2);
    data.writeUInt16BE(found.port, 4);
    const target = encodeName([service.name, service.namespace, ...this.#services]);
    return reply([{ type: RecordType.SRV, ttl: OWN_TTL_SECONDS, data: Buffer.concat([data, target]) }]);
  }

  #reverse(labels: Labels, type: number): Resolution {
    const owner = labels.length === 4 ? this.source.ownerOf([...labels].reverse().join('.')) : undefined;
    if (owner === undefined) return FORWARD;
    if (owner === null) return this.#negative(false);
    if (type !== RecordType.PTR && type !== RecordType.ANY) return this.#negative(true);
    const data = encodeName([owner.name, owner.namespace, ...this.#services]);
    return reply([{ type: RecordType.PTR, ttl: OWN_TTL_SECONDS, data }]);
  }

  #negative(exists: boolean): Resolution {
    return {
      kind: 'reply',
      parts: {
        rcode: exists ? Rcode.noError : Rcode.nxDomain,
        authoritative: true,
        authority: [this.#soa],
      },
    };
  }
}

function reply(answers: readonly Rr[]): Resolution {
  return { kind: 'reply', parts: { authoritative: true, answers } };
}

function a(address: string): Rr {
  return { type: RecordType.A, ttl: OWN_TTL_SECONDS, data: Buffer.from(address.split('.').map(Number)) };
}

/** Tells resolvers how long they may remember that there is nothing. */
function soaRecord(domain: Labels): Rr {
  const numbers = Buffer.alloc(20);
  [1, 7200, 1800, 86_400, OWN_TTL_SECONDS].forEach((number, index) => {
    numbers.writeUInt32BE(number, index * 4);
  });
  const data = Buffer.concat([
    encodeName(['ns', 'dns', ...domain]),
    encodeName(['hostmaster', ...domain]),
    numbers,
  ]);
  return { owner: encodeName(domain), type: RecordType.SOA, ttl: OWN_TTL_SECONDS, data };
}
