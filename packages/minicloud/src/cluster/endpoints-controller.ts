import { errorText, type KubeObject, type Logger } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectEvent, ObjectStore } from '../objects/object-store.js';
import { isSameJson } from '../objects/same-json.js';
import { hasSelector, selectsPod } from '../objects/service-selector.js';
import { kubeTime, namespaceOf, type StoredObject, specOf } from '../objects/stored-object.js';
import { endpointSubsets } from './endpoint-subsets.js';

export interface EndpointsControllerOptions {
  readonly objects: ObjectStore;
  readonly now: () => number;
  /** Pause before what could not be written is tried again. Default 5000 ms. */
  readonly retryMs?: number;
  readonly logger: Logger;
}

/** Kubernetes' own mark (since 1.33) of Endpoints its controller made; without it they are somebody's own. */
const MANAGED_BY = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } as const;
const HEADLESS = 'service.kubernetes.io/headless';
const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';

/**
 * Keeps the Endpoints of services with a selector as Kubernetes' endpoints
 * controller does, except that Endpoints a user applied stay his.
 */
export class EndpointsController {
  /** `<namespace>/<name>` of services to look at. */
  readonly #due = new Set<string>();
  #working: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(private readonly options: EndpointsControllerOptions) {}

  /** Follows the object store, beginning with what is there. @returns a function that ends it. */
  start(): () => Promise<void> {
    const { objects } = this.options;
    const unsubscribe = objects.subscribe((event) => this.#onEvent(event));
    this.#look([...objects.list(Kinds.service), ...objects.list(Kinds.endpoints)]);
    return async () => {
      unsubscribe();
      this.#stopped = true;
      clearTimeout(this.#retry);
      await this.#working;
    };
  }

  #onEvent({ kind, object, previous = object }: ObjectEvent): void {
    if (kind === Kinds.service || kind === Kinds.endpoints) this.#look([object]);
    else if (kind === Kinds.pod) {
      const services = this.options.objects.list(Kinds.service);
      this.#look(services.filter((one) => selectsPod(one, object) || selectsPod(one, previous)));
    }
  }

  #look(named: readonly StoredObject[]): void {
    for (const object of named) this.#due.add(`${namespaceOf(object)}/${object.metadata.name}`);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // What came while the last look was ending.
      if (this.#due.size > 0 && !this.#stopped) this.#look([]);
    });
  }

  async #work(): Promise<void> {
    const failed = new Set<string>();
    for (const key of this.#due) {
      if (this.#stopped) return;
      this.#due.delete(key);
      const [namespace = '', name = ''] = key.split('/');
      try {
        await this.#sync(namespace, name);
      } catch (error) {
        failed.add(key);
        this.options.logger.error(
          { service: key, err: errorText(error) },
          'the endpoints of a service could not be written; they will be tried again',
        );
      }
    }
    if (failed.size === 0 || this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      for (const key of failed) this.#due.add(key);
      this.#look([]);
    }, this.options.retryMs ?? 5000);
  }

  async #sync(namespace: string, name: string): Promise<void> {
    const { objects, now } = this.options;
    const service = objects.get(Kinds.service, namespace, name);
    const existing = objects.get(Kinds.endpoints, namespace, name);
    if (existing && !isManaged(existing)) return;
    if (!service) {
      if (existing) await objects.remove(Kinds.endpoints, namespace, name, isManaged);
      return;
    }
    if (!hasSelector(service)) return;
    const wanted = endpointsOf(service, objects.list(Kinds.pod), kubeTime(now()));
    if (existing) {
      await objects.update(Kinds.endpoints, namespace, name, (draft) =>
        isManaged(draft) && !isAsWanted(draft, wanted) ? withIdentity(draft, wanted) : draft,
      );
    } else await objects.create(Kinds.endpoints, wanted).catch(unlessThere);
  }
}

function endpointsOf(service: StoredObject, pods: readonly StoredObject[], time: string): KubeObject {
  const { name, labels } = service.metadata;
  const headless: Record<string, string> = specOf(service)['clusterIP'] === 'None' ? { [HEADLESS]: '' } : {};
  const mine = pods.filter((pod) => selectsPod(service, pod));
  const subsets = endpointSubsets(service, mine);
  return {
    metadata: {
      name,
      namespace: namespaceOf(service),
      labels: { ...labels, ...headless, ...MANAGED_BY },
      annotations: { [TRIGGER]: time },
    },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
}

function isManaged(endpoints: KubeObject): boolean {
  return Object.entries(MANAGED_BY).every(([key, value]) => endpoints.metadata?.labels?.[key] === value);
}

/** Times aside: a look that finds nothing new must not write, or it would be looked at again without end. */
function isAsWanted(draft: KubeObject, wanted: KubeObject): boolean {
  const said = ({ metadata, ...rest }: KubeObject) => [metadata?.labels, rest['subsets']];
  return isSameJson(said(draft), said(wanted));
}

function withIdentity(draft: StoredObject, wanted: KubeObject): KubeObject {
  const { subsets: _subsets, metadata, ...type } = draft;
  const annotations = { ...metadata.annotations, ...wanted.metadata?.annotations };
  return { ...type, ...wanted, metadata: { ...metadata, ...wanted.metadata, annotations } };
}

/** A user was first; his Endpoints are looked at next. */
function unlessThere(error: unknown): void {
  if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
}
