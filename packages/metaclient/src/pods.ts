import type { DeleteOptions, KubeObject, PodStatusRequest } from '@edgecore/api';
import { formatResource, Operation, ResourceType } from '@edgecore/api';
import { decodeObject, decodeOk, type ObjectList } from './answers.js';
import type { Caller } from './caller.js';
import { Objects } from './objects.js';

/** Names one pod. */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Pods of this node. */
export class PodClient<T extends KubeObject = KubeObject> {
  readonly #objects: PodObjects<T>;

  constructor(private readonly caller: Caller) {
    this.#objects = new PodObjects<T>(caller, ResourceType.pod);
  }

  /** All pods the database holds: the start-up list (edged.md §3.2). Never asks the cloud. */
  list(signal?: AbortSignal): Promise<ObjectList<T>> {
    return this.#objects.list(this.caller.registerNamespace, signal);
  }

  /** From the database. @throws {KubeStatusError} `NotFound` when there is no row. */
  get(namespace: string, name: string, signal?: AbortSignal): Promise<T> {
    return this.#objects.get(namespace, name, signal);
  }

  /** Creates a mirror pod in the cloud. @throws {UnsupportedByCloudError} in profile 2020. */
  create(pod: T & { metadata: { namespace: string; name: string } }, signal?: AbortSignal): Promise<T> {
    return this.#objects.create(pod, signal);
  }

  /**
   * Reports that the pod has ended here and may be deleted in the cloud. It is
   * kept until the cloud's own `delete` comes: call once.
   *
   * @throws {NotConnectedError} it is kept and goes up after the next connect.
   * @throws {KubeStatusError} the cloud refused.
   */
  async delete({ namespace, name, uid }: PodReference, signal?: AbortSignal): Promise<void> {
    const options: DeleteOptions = { gracePeriodSeconds: 0, preconditions: { uid } };
    // Before the cloud is known MetaManager keeps it, and sends it in the form of the cloud it meets.
    const answer = await this.caller.request({
      operation: Operation.delete,
      resource: formatResource(namespace, ResourceType.pod, name),
      content: this.caller.knownProfile?.podDeleteForm === 'uid' ? uid : options,
      signal,
    });
    decodeOk(answer);
  }
}

class PodObjects<T extends KubeObject> extends Objects<T> {
  async create(pod: T & { metadata: { namespace: string; name: string } }, signal?: AbortSignal): Promise<T> {
    const timeoutMs = await this.caller.modern('pod creation', signal);
    const { namespace, name } = pod.metadata;
    return this.object(Operation.insert, formatResource(namespace, this.type, name), pod, signal, timeoutMs);
  }
}

/** Pod statuses. The newest per pod is kept until the cloud has it (metamanager.md §7). */
export class PodStatusClient {
  constructor(private readonly caller: Caller) {}

  /**
   * Legacy form (both clouds): the complete status. Resolves when the cloud
   * answered or, with a 2020 cloud, when it was written to the link; also when it equals the last one.
   *
   * @throws {NotConnectedError} it is kept and goes up after the next connect.
   */
  async update(namespace: string, status: PodStatusRequest, signal?: AbortSignal): Promise<void> {
    const resource = formatResource(namespace, ResourceType.podstatus, status.Name);
    decodeOk(await this.caller.request({ operation: Operation.update, resource, content: status, signal }));
  }

  /**
   * Modern form: a strategic merge patch of the status with `metadata.uid`.
   * @returns the patched pod. @throws {UnsupportedByCloudError} {@link NotConnectedError} {@link KubeStatusError}
   */
  async patch<T extends KubeObject = KubeObject>(
    namespace: string,
    name: string,
    patch: object,
    signal?: AbortSignal,
  ): Promise<T> {
    const timeoutMs = await this.caller.modern('pod patches', signal);
    const resource = formatResource(namespace, ResourceType.podpatch, name);
    const content = JSON.stringify(patch);
    const answer = await this.caller.request(
      { operation: Operation.patch, resource, content, signal },
      timeoutMs,
    );
    return decodeObject<T>(answer, false);
  }
}
