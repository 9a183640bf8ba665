import type { KubeObject, TokenRequest } from '@edgecore/api';
import { formatResource, Operation, ResourceType } from '@edgecore/api';
import { decodeObject, decodeToken } from './answers.js';
import type { Caller } from './caller.js';
import { UnsupportedByCloudError } from './errors.js';

/** Leases; only today's cloud has them. */
export class LeaseClient<T extends KubeObject = KubeObject> {
  constructor(private readonly caller: Caller) {}

  /** @throws {KubeStatusError} `NotFound` {@link UnsupportedByCloudError} */
  get(namespace: string, name: string, signal?: AbortSignal): Promise<T> {
    return this.#call(Operation.query, namespace, name, undefined, signal);
  }

  create(namespace: string, name: string, lease: KubeObject, signal?: AbortSignal): Promise<T> {
    return this.#call(Operation.insert, namespace, name, lease, signal);
  }

  /** @throws {KubeStatusError} `Conflict`, `NotFound`. */
  update(namespace: string, name: string, lease: KubeObject, signal?: AbortSignal): Promise<T> {
    return this.#call(Operation.update, namespace, name, lease, signal);
  }

  async #call(operation: string, namespace: string, name: string, content: unknown, signal?: AbortSignal) {
    const timeoutMs = await this.caller.modern('leases', signal);
    const resource = formatResource(namespace, ResourceType.lease, name);
    const answer = await this.caller.request({ operation, resource, content, signal }, timeoutMs);
    return decodeObject<T>(answer, false);
  }
}

/** Service account tokens; only today's cloud hands them out. */
export class TokenClient {
  constructor(private readonly caller: Caller) {}

  /** A stored token that is still good, else a fresh one. @throws {UnsupportedByCloudError} {@link KubeStatusError} */
  async request(
    namespace: string,
    serviceAccount: string,
    request: TokenRequest,
    signal?: AbortSignal,
  ): Promise<TokenRequest> {
    // Not waiting for the profile: after a start without a link the database may hold a good token.
    const profile = this.caller.knownProfile;
    if (profile && !profile.hasModernResources) {
      throw new UnsupportedByCloudError('service account tokens', profile.name);
    }
    const resource = formatResource(namespace, ResourceType.serviceaccounttoken, serviceAccount);
    const answer = await this.caller.request({
      operation: Operation.query,
      resource,
      content: request,
      signal,
    });
    return decodeToken(answer);
  }
}

/** Events: sent, never answered, lost when offline. */
export class EventClient {
  constructor(private readonly caller: Caller) {}

  /** False when this cloud takes no events; nothing was sent then. */
  create(namespace: string, name: string, event: KubeObject): Promise<boolean> {
    return this.#send(Operation.insert, namespace, name, event);
  }

  /** Sends an event with a patch of the repeated one (edged.md §10.2). */
  patch(namespace: string, name: string, event: KubeObject, patch: object): Promise<boolean> {
    return this.#send(Operation.patch, namespace, name, { event, patchData: JSON.stringify(patch) });
  }

  async #send(operation: string, namespace: string, name: string, content: unknown): Promise<boolean> {
    const { profile } = await this.caller.profile();
    if (!profile.hasModernResources) return false;
    await this.caller.send({
      operation,
      resource: formatResource(namespace, ResourceType.event, name),
      content,
    });
    return true;
  }
}
