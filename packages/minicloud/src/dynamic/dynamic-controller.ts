import { setImmediate as turn } from 'node:timers/promises';
import { CloudSource, errorText, Group, isRecord, type Logger, Operation } from '@edgecore/api';
import { createMessage, type Message } from '@edgecore/beehive';
import type { DownstreamMessages } from '../hub/downstream-messages.js';
import type { NodeSession } from '../hub/node-session.js';
import { badRequest, notFound } from '../objects/api-status.js';
import type { Kind } from '../objects/kinds.js';
import { objectList, typed } from '../objects/object-list.js';
import type { ObjectEvent, ObjectStore } from '../objects/object-store.js';
import type { StoredObject } from '../objects/stored-object.js';
import { type Application, approved, readApplication, rejected } from './application.js';
import { NodeWatches } from './node-watches.js';
import { type Wanted, wantedOf } from './wanted.js';

export interface DynamicControllerOptions {
  readonly objects: ObjectStore;
  readonly messages: DownstreamMessages;
  readonly logger: Logger;
}

/** What the controller needs of a node's session. */
export type Session = Pick<NodeSession, 'node' | 'closed' | 'send'>;

/** Resource of the set of all live watches of a node. */
const WATCHES = 'watchapp/sync';
const ANSWER = 'ignore/Application/ignore';

/** Lets nodes read and watch objects that are not pushed to them (metamanager.md §9.6): what a mesh lives on today. */
export class DynamicController {
  /** A watch lives as long as the connection it came over. */
  readonly #watches = new Map<Session, NodeWatches>();

  constructor(private readonly options: DynamicControllerOptions) {}

  /** Follows the object store. @returns a function that ends it and all watches. */
  start(): () => void {
    const unsubscribe = this.options.objects.subscribe((event) => this.#onEvent(event));
    return () => {
      unsubscribe();
      this.#watches.clear();
    };
  }

  /** A message of `metaserver`; answered whatever it says. */
  async handle(session: Session, message: Message): Promise<void> {
    if (message.resource === WATCHES) {
      const failed = await this.#replaceWatches(session, message.content);
      await session.send(answer(message, WATCHES, failed));
      return;
    }
    const application = readApplication(message.content);
    await session.send(answer(message, ANSWER, await this.#apply(session, application)));
  }

  async #apply(session: Session, application: Application): Promise<Application> {
    try {
      const wanted = wantedOf(application);
      if (application.Verb !== 'watch') return approved(application, this.#read(application.Verb, wanted));
      await this.#watch(session, application.ID, wanted);
      return approved(application);
    } catch (error) {
      return rejected(application, error);
    }
  }

  #read(verb: string, { kind, namespace, name, selects }: Wanted): unknown {
    const { objects } = this.options;
    if (verb === 'list') return objectList(objects, kind, namespace, selects);
    const found = objects.get(kind, namespace ?? '', name ?? '');
    if (!found) throw notFound(kind, name ?? '');
    return typed(kind, found);
  }

  /** From here on nothing is missed: what is there is sent, then every change. */
  async #watch(session: Session, id: string, wanted: Wanted): Promise<void> {
    if (id === '') throw badRequest('a watch needs an ID');
    const watches = this.#watchesOf(session);
    watches.add(id, wanted);
    for (const object of this.options.objects.list(wanted.kind)) {
      if (wanted.selects(object) && !watches.isOwn(wanted.kind, object))
        this.#send(session, 'insert', wanted.kind, object);
    }
    // Objects and answers leave by two queues; the first object is on its way after this turn, before the answer.
    await turn();
  }

  /** The node's own word for which watches it has: others end, new ones begin. @returns those that cannot. */
  async #replaceWatches(session: Session, content: unknown): Promise<Record<string, Application>> {
    const given = isRecord(content) ? Object.values(content).map(readApplication) : [];
    const watches = this.#watchesOf(session);
    watches.keep(new Set(given.map(({ ID }) => ID)));
    const failed: [string, Application][] = [];
    for (const application of given) {
      if (watches.has(application.ID)) continue;
      const result = await this.#apply(session, { ...application, Verb: 'watch' });
      if (result.Status !== 'Approved') failed.push([application.ID, result]);
    }
    return Object.fromEntries(failed);
  }

  /** Those of a connection that has ended go when the next one speaks. */
  #watchesOf(session: Session): NodeWatches {
    for (const other of this.#watches.keys()) if (other.closed) this.#watches.delete(other);
    let watches = this.#watches.get(session);
    if (!watches) {
      watches = new NodeWatches(session.node);
      if (!session.closed) this.#watches.set(session, watches);
    }
    return watches;
  }

  #onEvent(event: ObjectEvent): void {
    for (const [session, watches] of this.#watches) {
      if (session.closed) this.#watches.delete(session);
      const operation = session.closed ? undefined : watches.operationFor(event);
      if (operation) this.#send(session, operation, event.kind, event.object);
    }
  }

  /** Without a record of what the node confirmed: it asks again after each connect, the resync need not. */
  #send(session: Session, operation: 'insert' | 'update' | 'delete', kind: Kind, object: StoredObject): void {
    const { messages, logger } = this.options;
    session
      .send(messages.object(operation, kind, object, CloudSource.dynamiccontroller))
      .catch((error: unknown) =>
        logger.error({ node: session.node, err: errorText(error) }, 'a watched object could not be sent'),
      );
  }
}

function answer(message: Message, resource: string, content: unknown): Message {
  return createMessage<unknown>({
    parentId: message.id,
    source: CloudSource.dynamiccontroller,
    group: Group.resource,
    operation: Operation.applicationResponse,
    resource,
    content,
  });
}
