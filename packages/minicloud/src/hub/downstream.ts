import { CloudSource, errorText, type Logger } from '@edgecore/api';
import { DeviceDownstream } from '../devices/device-downstream.js';
import type { DeviceMessages } from '../devices/device-messages.js';
import { type Kind, Kinds } from '../objects/kinds.js';
import { isReady } from '../objects/node-status.js';
import type { ObjectEvent, ObjectStore } from '../objects/object-store.js';
import { podReferences } from '../objects/pod-references.js';
import { selectsPod } from '../objects/service-selector.js';
import type { StoredObject } from '../objects/stored-object.js';
import { isNewer, namespaceOf, specOf } from '../objects/stored-object.js';
import type { DownstreamMessages } from './downstream-messages.js';
import type { HubRules } from './hub-rules.js';
import type { NodeSession } from './node-session.js';
import { NEVER_CONFIRMED, type SyncRecords } from './sync-records.js';

export interface DownstreamOptions {
  readonly objects: ObjectStore;
  readonly sync: SyncRecords;
  readonly rules: HubRules;
  readonly messages: DownstreamMessages;
  readonly deviceMessages: DeviceMessages;
  readonly session: (node: string) => NodeSession | undefined;
  readonly logger: Logger;
}

/** Decides which change of the cluster goes to which node, and repairs what a node missed (wire.md §5.6, §6.1). */
export class Downstream {
  /** Changes are handed on in the order they happened. */
  #turn: Promise<void> = Promise.resolve();
  /** The last change of each object that waits for its turn, by uid. */
  readonly #waiting = new Map<string, ObjectEvent>();
  readonly #devices: DeviceDownstream;

  constructor(private readonly options: DownstreamOptions) {
    const { objects, rules, deviceMessages, session } = options;
    this.#devices = new DeviceDownstream({
      objects,
      rules,
      messages: deviceMessages,
      tell: async (node, message) => session(node)?.send(message),
      send: (node, operation, kind, object) =>
        this.#send(node, operation, kind, object, CloudSource.devicecontroller),
    });
  }

  /** Follows the object store. @returns a function that ends it. */
  start(): () => void {
    return this.options.objects.subscribe((event) => {
      const { uid } = event.object.metadata;
      this.#waiting.set(uid, event);
      void this.#inTurn(async () => {
        if (this.#waiting.get(uid) === event) this.#waiting.delete(uid);
        await this.#onEvent(event);
      });
    });
  }

  /** A node's connection is open. */
  connected(node: string): void {
    void this.#inTurn(() => this.#devices.greet(node));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn
      .then(work)
      .catch((error: unknown) =>
        this.options.logger.error({ err: errorText(error) }, 'a change could not be sent to the nodes'),
      );
    return this.#turn;
  }

  /** Compares what a node confirmed with the cluster and sends the difference. */
  async resync(session: NodeSession): Promise<void> {
    const { sync, objects, messages, rules } = this.options;
    for (const row of sync.list(session.node)) {
      const kind = KIND_OF.get(row.kind);
      if (!kind) continue;
      const object = objects.get(kind, row.namespace, row.name);
      if (!object || object.metadata.uid !== row.uid) {
        const message = messages.goneObject(row);
        if (!session.hasQueued(message)) await session.send(message, identityOf(row));
      } else if (isNewer(object.metadata.resourceVersion, row.version)) {
        const message = messages.object('update', kind, object);
        if (!session.hasQueued(message)) await session.send(message, object);
      }
    }
    if (rules.devicesAsObjects) await this.#inTurn(() => this.#sendMissedDevices(session));
    if (!rules.insertsUnsyncedPods) return;
    for (const pod of this.#podsOf(session.node)) {
      if (sync.get(session.node, pod.metadata.uid)) continue;
      const message = messages.object('insert', Kinds.pod, pod);
      if (!session.hasQueued(message)) await session.send(message, pod);
    }
  }

  /** No record has a model made after its device or sent while its deletion waited, nor anything of a node deleted meanwhile. */
  async #sendMissedDevices(session: NodeSession): Promise<void> {
    const { sync, messages } = this.options;
    // What waits for its turn is not missed.
    const isNews = (device: StoredObject) => this.#waiting.has(device.metadata.uid);
    for (const { kind, object } of this.#devices.objectsOf(session.node, isNews)) {
      if (sync.get(session.node, object.metadata.uid)) continue;
      const message = messages.object('update', kind, object);
      if (!session.hasQueued(message)) await session.send(message, object);
    }
  }

  async #onEvent(event: ObjectEvent): Promise<void> {
    const { kind, object } = event;
    const { rules } = this.options;
    if (kind === Kinds.pod) await this.#onPod(event);
    else if (kind === Kinds.device) await this.#devices.onDevice(event);
    else if (kind === Kinds.configMap || kind === Kinds.secret) await this.#onReference(event);
    else if (kind === Kinds.node) await this.#onNode(event);
    else if (rules.pushesServices && (kind === Kinds.service || kind === Kinds.endpoints)) {
      for (const node of this.options.objects.list(Kinds.node)) {
        await this.#send(node.metadata.name, OPERATION[event.type], kind, object);
      }
      if (kind === Kinds.endpoints && event.type !== 'deleted') await this.#pushPodsBehind(object);
    }
  }

  /** Nobody confirms the list; the next one comes with the next change of the endpoints (edgemesh.md §4.1). */
  async #pushPodsBehind({ metadata }: StoredObject): Promise<void> {
    const { objects, session } = this.options;
    const service = objects.get(Kinds.service, metadata.namespace ?? '', metadata.name);
    if (!service) return;
    const pods = this.#podsOfService(service);
    for (const node of objects.list(Kinds.node)) await session(node.metadata.name)?.send(pods);
  }

  async #onPod({ type, object, previous }: ObjectEvent): Promise<void> {
    const node = nodeNameOf(object);
    if (node === '') return;
    // A pod that was just given its node is new to that node.
    const insert = type === 'added' || (previous !== undefined && nodeNameOf(previous) === '');
    await this.#send(node, type === 'deleted' ? 'delete' : insert ? 'insert' : 'update', Kinds.pod, object);
  }

  async #onReference({ type, kind, object }: ObjectEvent): Promise<void> {
    if (type === 'deleted' && !this.options.rules.pushesReferenceDeletes) return;
    // A new secret comes as update on both clouds (wire.md §6.1 D3).
    const operation = kind === Kinds.secret && type === 'added' ? 'update' : OPERATION[type];
    for (const node of this.#nodesUsing(kind, object)) await this.#send(node, operation, kind, object);
  }

  async #onNode({ type, object, previous }: ObjectEvent): Promise<void> {
    const { rules, sync, session, messages, objects } = this.options;
    const { name } = object.metadata;
    if (type === 'deleted') {
      await sync.removeNode(name);
      this.#devices.forget(name);
      void session(name)?.connection?.close(1000, 'the node was deleted');
      return;
    }
    if (rules.pushesNode) await this.#send(name, 'update', Kinds.node, object);
    if (!rules.pushesServices || !isReady(object) || (previous && isReady(previous))) return;
    const services = objects.list(Kinds.service);
    const lists = [
      messages.list('namespace/servicelist/service', services),
      ...services.map((service) => this.#podsOfService(service)),
      messages.list('namespace/endpointslist/endpoints', objects.list(Kinds.endpoints)),
    ];
    for (const message of lists) await session(name)?.send(message);
  }

  #podsOfService(service: StoredObject) {
    const pods = this.options.objects.list(Kinds.pod).filter((pod) => selectsPod(service, pod));
    return this.options.messages.list(`${namespaceOf(service)}/podlist/${service.metadata.name}`, pods);
  }

  async #send(
    node: string,
    operation: 'insert' | 'update' | 'delete',
    kind: Kind,
    object: StoredObject,
    source?: string,
  ): Promise<void> {
    const { session, sync, messages, rules } = this.options;
    const target = session(node);
    if (target) await target.send(messages.object(operation, kind, object, source), object);
    else if (operation !== 'delete' && !rules.insertsUnsyncedPods && !sync.get(node, object.metadata.uid)) {
      // Without a session nothing is queued; the record makes the resync send it later.
      await sync.put(node, object, NEVER_CONFIRMED);
    }
  }

  #podsOf(node: string): StoredObject[] {
    return this.options.objects.list(Kinds.pod).filter((pod) => nodeNameOf(pod) === node);
  }

  #nodesUsing(kind: Kind, object: StoredObject): Set<string> {
    const nodes = new Set<string>();
    for (const pod of this.options.objects.list(Kinds.pod)) {
      const node = nodeNameOf(pod);
      if (node === '' || namespaceOf(pod) !== namespaceOf(object)) continue;
      const { configMaps, secrets } = podReferences(pod);
      if ((kind === Kinds.secret ? secrets : configMaps).has(object.metadata.name)) nodes.add(node);
    }
    return nodes;
  }
}

const OPERATION = { added: 'insert', modified: 'update', deleted: 'delete' } as const;
const KIND_OF: ReadonlyMap<string, Kind> = new Map(Object.values(Kinds).map((kind) => [kind.kind, kind]));

function nodeNameOf(pod: StoredObject): string {
  const name = specOf(pod)['nodeName'];
  return typeof name === 'string' ? name : '';
}

/** Enough of a gone object to drop its record when the deletion is confirmed. */
function identityOf(row: { kind: string; namespace: string; name: string; uid: string }): StoredObject {
  const { kind, namespace, name, uid } = row;
  return { kind, metadata: { name, namespace, uid, resourceVersion: '', creationTimestamp: '' } };
}
