import { join } from 'node:path';
import type { CloudProfileName } from '@edgecore/api';
import type { CloudEmitter, CloudEvents } from './cloud-events.js';
import { applyObject } from './cluster/apply-object.js';
import { deleteObject } from './cluster/delete-object.js';
import type { CloudDevices } from './devices/cloud-devices.js';
import type { CloudDevice } from './devices/device-view.js';
import { ApiError } from './errors.js';
import type { Hub } from './hub/hub.js';
import type { JoinTokens } from './join-tokens.js';
import { parseManifest } from './manifests/parse-manifest.js';
import { findKind, Kinds } from './objects/kinds.js';
import { isReady } from './objects/node-status.js';
import type { ObjectStore } from './objects/object-store.js';
import type { StoredObject } from './objects/stored-object.js';
import { validateObject } from './objects/validate.js';
import type { ResolvedOptions } from './options.js';
import type { EdgeHttpAnswer } from './router/edge-calls.js';
import type { EdgeHttpRequest, RestRequest } from './router/http-request.js';
import type { Router } from './router/router.js';
import type { CloudStream } from './stream/cloud-stream.js';

/** A running cloud. Made by {@link startMinicloud}. */
export interface Minicloud {
  readonly host: string;
  /** Port of the hub: edges dial `wss://<address>:<hubPort>/…`. */
  readonly hubPort: number;
  /** Port of the certificate endpoint: `https://<address>:<httpsPort>`. */
  readonly httpsPort: number;
  /** Port of the stream tunnel: edges' `edgeStream.server` is `<address>:<tunnelPort>`. */
  readonly tunnelPort: number;
  /** Port of the Kubernetes API on 127.0.0.1. */
  readonly kubePort: number;
  /** File (0600) that `kubectl --kubeconfig` and client libraries take. Written at each start. */
  readonly kubeconfig: string;
  /** What a node joins with; renewed while the cloud runs. Also in `<dataDir>/token`. */
  readonly token: string;
  /** PEM file of the CA. */
  readonly caPath: string;
  /** Path of the admin socket, if there is one. */
  readonly adminSocket: string | undefined;
  /** Where it listens and who is connected. */
  status(): CloudStatus;
  nodes(): StoredObject[];
  pods(): StoredObject[];
  services(): StoredObject[];
  /** Where services lead: kept for those with a selector, else as they were applied. */
  endpoints(): StoredObject[];
  /** All devices with what was reported of them. */
  devices(): CloudDevice[];
  /** One device, by `<namespace>/<name>`, or by its name alone; with its reported values and state. */
  device(id: string): CloudDevice | undefined;
  /**
   * Changes what is wanted of a property; its node is told. On disk when this resolves.
   * @throws {ApiError} NotFound or Invalid, saying what there is.
   */
  setDesired(id: string, property: string, value: string): Promise<CloudDevice>;
  /** One object of a kind (`Pod`, `pods`, …), if it exists. Nodes have namespace `''`. */
  get(kind: string, namespace: string, name: string): StoredObject | undefined;
  /** Is the node's hub connection open? */
  isConnected(node: string): boolean;
  /** Does its stream tunnel stand? */
  hasTunnel(node: string): boolean;
  /**
   * Creates an object or brings it to the state given; on disk when this resolves.
   * @throws {ApiError} Invalid or Conflict, saying what to change.
   */
  apply(object: unknown): Promise<StoredObject>;
  /** {@link apply} for each object of a YAML or JSON text. @throws {ManifestError} before anything is applied. */
  applyText(text: string): Promise<StoredObject[]>;
  /**
   * Deletes an object; a running pod gets time to stop (`graceSeconds` 0: none).
   * @throws {ApiError} NotFound.
   */
  delete(kind: string, namespace: string, name: string, options?: { graceSeconds?: number }): Promise<void>;
  /**
   * Calls a REST service of a connected node that runs ServiceBus. Any status is an answer, the node's own errors
   * included (`Server: kubeedge-edgecore`).
   * @throws {ApiError} ServiceUnavailable when the node is not connected or leaves, Timeout.
   */
  http(request: EdgeHttpRequest): Promise<EdgeHttpAnswer>;
  /**
   * What CloudCore's REST port does: the `Rule` for the path says which service or MQTT topic of the node it reaches.
   * @throws {ApiError} NotFound without a rule, and as {@link http}.
   */
  rest(request: RestRequest): Promise<EdgeHttpAnswer>;
  /** @returns a function that ends the subscription. */
  on<Name extends keyof CloudEvents>(name: Name, listener: (event: CloudEvents[Name]) => void): () => void;
  /** Closes connections, files and the database. */
  close(): Promise<void>;
}

/** A summary for people and the CLI. */
export interface CloudStatus {
  readonly profile: CloudProfileName;
  readonly host: string;
  readonly hubPort: number;
  readonly httpsPort: number;
  readonly tunnelPort: number;
  readonly kubePort: number;
  readonly kubeconfig: string;
  /** By name; `tunnel`: logs and exec are possible. */
  readonly nodes: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly connected: boolean;
    readonly tunnel: boolean;
  }[];
  readonly pods: number;
  readonly devices: number;
}

/** Something to close, in the reverse order of opening. */
export type Closer = () => Promise<void> | void;

export interface CloudParts {
  readonly options: ResolvedOptions;
  readonly objects: ObjectStore;
  readonly devices: CloudDevices;
  readonly hub: Hub;
  readonly events: CloudEmitter;
  readonly router: Router;
  readonly tokens: JoinTokens;
  readonly hubPort: number;
  readonly httpsPort: number;
  readonly stream: CloudStream;
  readonly opened: Closer[];
}

/** {@link Minicloud} over its parts. */
export class RunningCloud implements Minicloud {
  readonly host: string;
  readonly hubPort: number;
  readonly httpsPort: number;
  readonly tunnelPort: number;
  readonly kubePort: number;
  readonly kubeconfig: string;
  readonly caPath: string;
  readonly adminSocket: string | undefined;
  readonly #parts: CloudParts;
  #closing: Promise<void> | undefined;

  constructor(parts: CloudParts) {
    const { options } = parts;
    this.#parts = parts;
    this.host = options.host;
    this.hubPort = parts.hubPort;
    this.httpsPort = parts.httpsPort;
    this.tunnelPort = parts.stream.tunnelPort;
    this.kubePort = parts.stream.kubePort;
    this.kubeconfig = parts.stream.kubeconfig;
    this.caPath = join(options.dataDir, 'ca.crt');
    this.adminSocket = options.adminSocket === false ? undefined : options.adminSocket;
  }

  get token(): string {
    return this.#parts.tokens.current;
  }

  status(): CloudStatus {
    const { profile } = this.#parts.options;
    const { host, hubPort, httpsPort, tunnelPort, kubePort, kubeconfig } = this;
    const nodes = this.nodes().map((node) => {
      const { name } = node.metadata;
      return {
        name,
        ready: isReady(node),
        connected: this.isConnected(name),
        tunnel: this.hasTunnel(name),
      };
    });
    return {
      profile,
      host,
      hubPort,
      httpsPort,
      tunnelPort,
      kubePort,
      kubeconfig,
      nodes,
      pods: this.pods().length,
      devices: this.devices().length,
    };
  }

  nodes(): StoredObject[] {
    return this.#parts.objects.list(Kinds.node);
  }

  pods(): StoredObject[] {
    return this.#parts.objects.list(Kinds.pod);
  }

  services(): StoredObject[] {
    return this.#parts.objects.list(Kinds.service);
  }

  endpoints(): StoredObject[] {
    return this.#parts.objects.list(Kinds.endpoints);
  }

  devices(): CloudDevice[] {
    return this.#parts.devices.list();
  }

  device(id: string): CloudDevice | undefined {
    const found = this.#parts.devices.find(id);
    return found && this.#parts.devices.view(found);
  }

  setDesired(id: string, property: string, value: string): Promise<CloudDevice> {
    return this.#parts.devices.setDesired(id, property, value);
  }

  get(kind: string, namespace: string, name: string): StoredObject | undefined {
    const found = findKind(kind);
    return found && this.#parts.objects.get(found, namespace, name);
  }

  isConnected(node: string): boolean {
    return this.#parts.hub.isConnected(node);
  }

  hasTunnel(node: string): boolean {
    return this.#parts.stream.hasTunnel(node);
  }

  async apply(object: unknown): Promise<StoredObject> {
    const valid = validateObject(object);
    return applyObject(this.#parts.objects, valid.kind, valid.object);
  }

  async applyText(text: string): Promise<StoredObject[]> {
    const stored: StoredObject[] = [];
    for (const { kind, object } of parseManifest(text, 'manifest')) {
      stored.push(await applyObject(this.#parts.objects, kind, object));
    }
    return stored;
  }

  async delete(
    kind: string,
    namespace: string,
    name: string,
    options: { graceSeconds?: number } = {},
  ): Promise<void> {
    const found = findKind(kind);
    if (!found) throw new ApiError('NotFound', 404, `kind ${kind} is not known here`);
    const { objects, options: settings } = this.#parts;
    await deleteObject(objects, found, namespace, name, settings.now(), options);
  }

  http(request: EdgeHttpRequest): Promise<EdgeHttpAnswer> {
    return this.#parts.router.http(request);
  }

  rest(request: RestRequest): Promise<EdgeHttpAnswer> {
    return this.#parts.router.rest(request);
  }

  on<Name extends keyof CloudEvents>(name: Name, listener: (event: CloudEvents[Name]) => void): () => void {
    return this.#parts.events.on(name, listener);
  }

  close(): Promise<void> {
    this.#closing ??= closeAll(this.#parts.opened);
    return this.#closing;
  }
}

/**
 * Closes in the reverse order of opening; one that fails does not keep the others open.
 * @throws {AggregateError} with what failed.
 */
export async function closeAll(opened: Closer[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of opened.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'the cloud did not close cleanly');
}
