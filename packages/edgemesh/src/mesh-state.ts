import { isKubeObject, type Logger, ResourceType } from '@edgecore/api';
import type { ZoneSource } from './dns/zone.js';
import type { InputTarget } from './inputs/inputs.js';
import type { Catalog } from './model/catalog.js';
import { type ServiceKey, serviceKey } from './model/names.js';
import type { Service, ServicePort } from './model/service.js';
import type { WantedPort } from './proxy/proxy-set.js';
import { isUsable, type Subnet } from './vip/subnet.js';
import type { VipBook, VipChange } from './vip/vip-book.js';

export interface MeshStateOptions {
  readonly catalog: Catalog;
  readonly book: VipBook;
  readonly subnet: Subnet;
  /** Without virtual addresses names stand for those of endpoints. */
  readonly virtual: boolean;
  readonly log: Logger;
  /** Services, their ports or their addresses are different. */
  readonly onServices: () => void;
  /** Endpoints of a service are different. */
  readonly onBackends: (ports: readonly WantedPort[]) => void;
  readonly onEndpoints: () => void;
  /** Rows to be written or removed. */
  readonly onVip: (change: VipChange) => void;
  readonly onGone: (namespace: string, type: string, name: string) => void;
}

/** What the mesh knows, and who must be told when that changes. */
export class MeshState implements InputTarget, ZoneSource {
  /** Reasons already told, by service: an endpoint that cannot be used is told once. */
  readonly #told = new Map<ServiceKey, string>();

  constructor(private readonly options: MeshStateOptions) {}

  // What comes from the cloud.

  putService(namespace: string, name: string, content: unknown): void {
    const { catalog } = this.options;
    if (!catalog.putService(namespace, name, content)) return;
    this.#assign(catalog.get(namespace, name)!);
    this.options.onServices();
  }

  removeService(namespace: string, name: string): void {
    const { catalog, onGone, onServices } = this.options;
    // Its pod list would wait for another service of that name.
    onGone(namespace, ResourceType.podlist, name);
    if (!catalog.removeService(namespace, name)) return;
    this.#release(serviceKey(namespace, name));
    onServices();
  }

  keepServices(objects: readonly unknown[]): void {
    const kept = new Set<ServiceKey>();
    for (const object of objects) {
      if (!isKubeObject(object)) continue;
      const { namespace = '', name } = object.metadata;
      kept.add(serviceKey(namespace, name));
      this.putService(namespace, name, object);
    }
    for (const { key, namespace, name } of [...this.options.catalog.services.values()]) {
      if (kept.has(key)) continue;
      this.removeService(namespace, name);
      this.options.onGone(namespace, ResourceType.service, name);
    }
  }

  putEndpoints(namespace: string, name: string, content: unknown): void {
    if (!this.options.catalog.putEndpoints(namespace, name, content)) return;
    this.#backendsChanged(namespace, name);
    this.options.onEndpoints();
  }

  removeEndpoints(namespace: string, name: string): void {
    if (this.options.catalog.removeEndpoints(namespace, name)) this.#backendsChanged(namespace, name);
  }

  keepEndpoints(objects: readonly unknown[]): void {
    const kept = new Set<ServiceKey>();
    for (const object of objects) {
      if (!isKubeObject(object)) continue;
      const { namespace = '', name } = object.metadata;
      kept.add(serviceKey(namespace, name));
      this.putEndpoints(namespace, name, object);
    }
    for (const key of this.options.catalog.endpointKeys()) {
      if (kept.has(key)) continue;
      const [namespace = '', name = ''] = key.split('/');
      this.removeEndpoints(namespace, name);
      this.options.onGone(namespace, ResourceType.endpoints, name);
    }
  }

  putPods(namespace: string, service: string, content: unknown): void {
    if (this.options.catalog.putPods(namespace, service, content)) this.#backendsChanged(namespace, service);
  }

  dropPods(namespace: string, service: string): void {
    if (!this.options.catalog.dropPods(namespace, service)) return;
    this.#backendsChanged(namespace, service);
    this.options.onGone(namespace, ResourceType.podlist, service);
  }

  /** Pods of this node changed: any service may be served by them. */
  localPodsChanged(): void {
    for (const service of this.options.catalog.services.values()) this.#tellBackends(service);
  }

  // What is to be served.

  wantedPorts(): WantedPort[] {
    return [...this.options.catalog.services.values()].flatMap((service) => this.#portsOf(service));
  }

  // What names stand for.

  get(namespace: string, name: string): Service | undefined {
    return this.options.catalog.get(namespace, name);
  }

  hasNamespace(namespace: string): boolean {
    return this.options.catalog.hasNamespace(namespace);
  }

  addresses(service: Service): readonly string[] | undefined {
    const { catalog, book, virtual } = this.options;
    if (virtual && service.ports.length > 0) {
      const address = book.addressOf(service.key);
      return address === undefined ? undefined : [address];
    }
    return [...new Set(catalog.namedPods(service).map(({ ip }) => ip))];
  }

  namedPods(service: Service) {
    return this.options.catalog.namedPods(service);
  }

  ownerOf(address: string): Service | null | undefined {
    const { book, subnet, catalog } = this.options;
    if (!isUsable(subnet, address)) return undefined;
    const key = book.serviceAt(address);
    return (key === undefined ? undefined : catalog.services.get(key)) ?? null;
  }

  #assign(service: Service): void {
    const { book, virtual, onVip, log } = this.options;
    if (!wantsAddress(service, virtual)) {
      this.#release(service.key);
      return;
    }
    if (book.addressOf(service.key) !== undefined) return;
    const address = book.assign(service.key);
    if (address !== undefined) {
      onVip({ key: service.key, address });
      return;
    }
    log.error(
      { service: service.key, subnet: this.options.subnet.text },
      'no virtual address is left for this service: its name is not answered; give modules.edgeMesh.subNet a larger network',
    );
  }

  #release(key: ServiceKey): void {
    this.#told.delete(key);
    if (this.options.book.remove(key)) this.options.onVip({ key, address: undefined });
  }

  #backendsChanged(namespace: string, name: string): void {
    const service = this.options.catalog.get(namespace, name);
    if (service) this.#tellBackends(service);
  }

  #tellBackends(service: Service): void {
    this.options.onBackends(this.#portsOf(service));
  }

  #portsOf(service: Service): WantedPort[] {
    const vip = this.options.book.addressOf(service.key);
    if (vip === undefined) return [];
    const unusable: string[] = [];
    const ports = service.ports.map((port) => {
      const set = this.options.catalog.backends(service, port);
      unusable.push(...set.unusable);
      return { vip, service, port, backends: set.backends };
    });
    this.#tellUnusable(service, unusable);
    return uniquePorts(ports);
  }

  #tellUnusable({ key }: Service, reasons: readonly string[]): void {
    const text = [...new Set(reasons)].join('; ');
    if (text === (this.#told.get(key) ?? '')) return;
    this.#told.set(key, text);
    if (text !== '') this.options.log.warn({ service: key, reasons: text }, 'endpoints that cannot be used');
  }
}

/** Services that stand for a name or for nothing, or are somebody else's, need none. */
export function wantsAddress(service: Service, virtual: boolean): boolean {
  return virtual && !service.filtered && service.ports.length > 0;
}

/** The API server allows no duplicates; whoever else wrote it may. */
function uniquePorts(ports: readonly WantedPort[]): WantedPort[] {
  const key = ({ protocol, port }: ServicePort) => `${protocol} ${port}`;
  return [...new Map(ports.map((one) => [key(one.port), one])).values()];
}
