import type { KubeObject } from '@edgecore/api';
import { formatResource, Operation } from '@edgecore/api';
import { decodeList, decodeObject, type ObjectList } from './answers.js';
import type { Caller } from './caller.js';

/** Reads objects of one namespaced type. */
export interface ObjectClient<T extends KubeObject = KubeObject> {
  /**
   * From the database or, where MetaManager asks it, from the cloud.
   * @throws {KubeStatusError} for which `isNotFound` is true when it does not exist.
   * @throws {NotConnectedError} {@link InvalidAnswerError} `RequestTimeoutError`
   */
  get(namespace: string, name: string, signal?: AbortSignal): Promise<T>;
}

/** Lists rows of the database; the namespace is ignored by MetaManager (metamanager.md §5). */
export interface ListClient<T extends KubeObject = KubeObject> extends ObjectClient<T> {
  list(namespace: string, signal?: AbortSignal): Promise<ObjectList<T>>;
}

export class Objects<T extends KubeObject> implements ListClient<T> {
  constructor(
    protected readonly caller: Caller,
    protected readonly type: string,
  ) {}

  async get(namespace: string, name: string, signal?: AbortSignal): Promise<T> {
    return this.object(Operation.query, formatResource(namespace, this.type, name), undefined, signal);
  }

  async list(namespace: string, signal?: AbortSignal): Promise<ObjectList<T>> {
    const resource = formatResource(namespace, this.type);
    return decodeList<T>(await this.caller.request({ operation: Operation.query, resource, signal }));
  }

  protected async object(
    operation: string,
    resource: string,
    content: unknown,
    signal?: AbortSignal,
    timeoutMs?: number,
  ): Promise<T> {
    const answer = await this.caller.request({ operation, resource, content, signal }, timeoutMs);
    return decodeObject<T>(answer, this.caller.fromDatabase(answer));
  }
}

/** Cluster-scoped objects: the namespace word follows the profile. */
export class ClusterObjects<T extends KubeObject> {
  constructor(
    private readonly caller: Caller,
    private readonly type: string,
  ) {}

  /** @throws as {@link ObjectClient.get} */
  async get(name: string, signal?: AbortSignal): Promise<T> {
    const { profile, timeoutMs } = await this.caller.profile(signal);
    const resource = formatResource(this.caller.clusterScope(profile), this.type, name);
    const answer = await this.caller.request({ operation: Operation.query, resource, signal }, timeoutMs);
    return decodeObject<T>(answer, this.caller.fromDatabase(answer));
  }
}
