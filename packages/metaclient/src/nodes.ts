import type { KubeObject, NodeStatusRequest } from '@edgecore/api';
import { CLUSTER_SCOPE, formatResource, Operation, ResourceType } from '@edgecore/api';
import { decodeObject, decodeOk } from './answers.js';
import type { Caller } from './caller.js';

/** The node object: registration and status in both dialects (edged.md §10). Nothing of it is kept when offline. */
export class NodeClient<T extends KubeObject = KubeObject> {
  constructor(private readonly caller: Caller) {}

  /** Legacy: registers the node. @throws {InvalidAnswerError} with the cloud's text when it refuses. */
  async register(name: string, node: KubeObject, signal?: AbortSignal): Promise<void> {
    await this.#legacyStatus(Operation.insert, name, node, signal);
  }

  /** Legacy: replaces the node's whole status. @throws `RequestTimeoutError` when the cloud does not answer. */
  async updateStatus(name: string, status: NodeStatusRequest, signal?: AbortSignal): Promise<void> {
    await this.#legacyStatus(Operation.update, name, status, signal);
  }

  /** From the cloud (2020) or the last one it pushed (current). */
  async get(name: string, signal?: AbortSignal): Promise<T> {
    const { profile, timeoutMs } = await this.caller.profile(signal);
    const resource = formatResource(this.caller.clusterScope(profile), ResourceType.node, name);
    const answer = await this.caller.request({ operation: Operation.query, resource, signal }, timeoutMs);
    return decodeObject<T>(answer, this.caller.fromDatabase(answer));
  }

  /** Merges annotations and, today, labels into the node. */
  async update(name: string, node: KubeObject, signal?: AbortSignal): Promise<void> {
    const { profile, timeoutMs } = await this.caller.profile(signal);
    const resource = formatResource(this.caller.clusterScope(profile), ResourceType.node, name);
    decodeOk(
      await this.caller.request({ operation: Operation.update, resource, content: node, signal }, timeoutMs),
    );
  }

  /** Modern: creates the node. @throws {KubeStatusError} with reason `AlreadyExists`. */
  async insert(name: string, node: KubeObject, signal?: AbortSignal): Promise<T> {
    return this.#modern(Operation.insert, ResourceType.node, name, node, signal);
  }

  /** Modern: a strategic merge patch of the status. @throws {KubeStatusError} `NotFound` when the node was deleted. */
  async patch(name: string, patch: object, signal?: AbortSignal): Promise<T> {
    return this.#modern(Operation.patch, ResourceType.nodepatch, name, JSON.stringify(patch), signal);
  }

  async #legacyStatus(
    operation: string,
    name: string,
    content: unknown,
    signal?: AbortSignal,
  ): Promise<void> {
    const resource = formatResource(this.caller.registerNamespace, ResourceType.nodestatus, name);
    decodeOk(await this.caller.request({ operation, resource, content, signal }));
  }

  async #modern(operation: string, type: string, name: string, content: unknown, signal?: AbortSignal) {
    const timeoutMs = await this.caller.modern('node creation and patches', signal);
    const resource = formatResource(CLUSTER_SCOPE, type, name);
    const answer = await this.caller.request({ operation, resource, content, signal }, timeoutMs);
    return decodeObject<T>(answer, false);
  }
}
