import { type BackendSet, backendsOf } from './backends.js';
import { type EndpointSubset, readEndpoints } from './endpoints.js';
import { correctEndpoints, correctPods, type LocalPods } from './local-pods.js';
import { type ServiceKey, serviceKey } from './names.js';
import { type MeshPod, readPod } from './pod.js';
import { list } from './read.js';
import {
  readService,
  type Service,
  type ServiceFilterMode,
  type ServicePort,
  selectorText,
} from './service.js';

export interface CatalogOptions {
  readonly nodeName: string;
  readonly podNetwork: 'hostPort' | 'routable';
  readonly filterMode: ServiceFilterMode;
}

/** One pod of a service with a name and an address of its own in the DNS. */
export interface NamedPod {
  readonly hostname: string;
  readonly ip: string;
}

/**
 * Everything known of services: plain maps, without a limit of entries and
 * without expiry, so that the last state serves while the cloud is away.
 * Every change says whether anything became different (edgemesh.md §9).
 */
export class Catalog {
  readonly #services = new Map<ServiceKey, Service>();
  readonly #selectors = new Map<ServiceKey, string>();
  readonly #endpoints = new Map<ServiceKey, readonly EndpointSubset[]>();
  readonly #pods = new Map<ServiceKey, readonly MeshPod[]>();
  #local: LocalPods | undefined;

  constructor(private readonly options: CatalogOptions) {}

  get services(): ReadonlyMap<ServiceKey, Service> {
    return this.#services;
  }

  get(namespace: string, name: string): Service | undefined {
    return this.#services.get(serviceKey(namespace, name));
  }

  hasNamespace(namespace: string): boolean {
    for (const service of this.#services.values()) if (service.namespace === namespace) return true;
    return false;
  }

  putService(namespace: string, name: string, content: unknown): boolean {
    const service = readService(namespace, name, content, this.options.filterMode);
    this.#selectors.set(service.key, selectorText(content));
    return replace(this.#services, service.key, service);
  }

  /** Endpoints and pods of the name go, too: another service of that name is another service. */
  removeService(namespace: string, name: string): boolean {
    const key = serviceKey(namespace, name);
    this.#selectors.delete(key);
    this.#pods.delete(key);
    return this.#services.delete(key);
  }

  putEndpoints(namespace: string, name: string, content: unknown): boolean {
    return replace(this.#endpoints, serviceKey(namespace, name), readEndpoints(content));
  }

  removeEndpoints(namespace: string, name: string): boolean {
    return this.#endpoints.delete(serviceKey(namespace, name));
  }

  endpointKeys(): ServiceKey[] {
    return [...this.#endpoints.keys()];
  }

  /** `null` is the empty list of a 2020 cloud (edgemesh.md §4.1). */
  putPods(namespace: string, service: string, content: unknown): boolean {
    const pods = list(content).flatMap((raw) => readPod(raw) ?? []);
    return replace(this.#pods, serviceKey(namespace, service), pods);
  }

  /** Back to what the endpoints alone say. */
  dropPods(namespace: string, service: string): boolean {
    return this.#pods.delete(serviceKey(namespace, service));
  }

  /** The pods of this node, once somebody knows them; false when nothing changed. */
  setLocalPods(pods: LocalPods): boolean {
    if (this.#local && same([...this.#local], [...pods])) return false;
    this.#local = pods;
    return true;
  }

  backends(service: Service, port: ServicePort): BackendSet {
    const { nodeName, podNetwork } = this.options;
    const { pods, endpoints } = this.#sources(service);
    return backendsOf(service, port, { pods, endpoints, nodeName, podNetwork });
  }

  /** Pods of the service that can be reached by their own address: what `<pod>.<service>…` names stand for. */
  namedPods(service: Service): NamedPod[] {
    const { nodeName, podNetwork } = this.options;
    const here = (node: string) => node === nodeName || podNetwork === 'routable' || node === '';
    const { pods, endpoints } = this.#sources(service);
    if (service.hasSelector && pods) {
      return pods
        .filter((pod) => !pod.deleting && pod.phase === 'Running' && (pod.ready || service.publishNotReady))
        .filter((pod) => pod.podIp !== '' && (here(pod.nodeName) || pod.hostNetwork))
        .map(({ hostname, podIp }) => ({ hostname, ip: podIp }));
    }
    return endpoints
      .flatMap(({ addresses }) => addresses)
      .filter(({ ready, nodeName: node }) => (ready || service.publishNotReady) && here(node))
      .map(({ hostname, pod, ip }) => ({ hostname: hostname || pod || ip.replaceAll(/[.:]/g, '-'), ip }));
  }

  /** The services with endpoints on other nodes whose host ports only their pods can tell, with label selectors. */
  needingPods(): { readonly namespace: string; readonly name: string; readonly selector: string }[] {
    const { nodeName, podNetwork } = this.options;
    if (podNetwork === 'routable') return [];
    return [...this.#services.values()].flatMap(({ key, namespace, name, hasSelector, filtered }) => {
      const selector = this.#selectors.get(key) ?? '';
      const elsewhere = this.#endpoints
        .get(key)
        ?.some(({ addresses }) => addresses.some((one) => one.pod !== '' && one.nodeName !== nodeName));
      return hasSelector && !filtered && elsewhere && selector !== '' ? [{ namespace, name, selector }] : [];
    });
  }

  #sources({ key, namespace }: Service) {
    const { nodeName } = this.options;
    const pods = this.#pods.get(key);
    const endpoints = this.#endpoints.get(key) ?? [];
    return {
      pods: pods && correctPods(pods, namespace, nodeName, this.#local),
      endpoints: correctEndpoints(endpoints, namespace, nodeName, this.#local),
    };
  }
}

function replace<V>(map: Map<ServiceKey, V>, key: ServiceKey, value: V): boolean {
  const before = map.get(key);
  if (before !== undefined && same(before, value)) return false;
  map.set(key, value);
  return true;
}

/** Both are made by the same readers: their keys come in the same order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
