import { errorText, Operation } from '@edgecore/api';
import { isConnectionEvent, type Message, type ModuleContext } from '@edgecore/beehive';
import type { Broker } from '../broker/broker.js';
import { isFixed, type Routes } from '../topics/routes.js';
import { filterProblem, topicProblem } from '../topics/validate.js';
import type { CloudTopics } from './cloud-topics.js';
import { jsonOf, payloadOf, topicOfMessage } from './content.js';
import { sortedJson } from './sorted-json.js';

export interface CommandsOptions {
  readonly ctx: ModuleContext;
  readonly nodeName: string;
  readonly connectionTopic: boolean;
  /** Published to in this order: the external broker first (eventbus.md §3). */
  readonly brokers: readonly Broker[];
  readonly routes: Routes;
  readonly topics: CloudTopics;
}

/** What other modules and the cloud ask of the event bus (eventbus.md §5). */
export class Commands {
  constructor(private readonly options: CommandsOptions) {}

  /** Never throws. A promise when the next message had better wait. */
  handle(message: Message): Promise<void> | undefined {
    try {
      switch (message.operation) {
        case Operation.publish:
          return this.#publishContent(message);
        case Operation.subscribe:
          return this.#subscribe(message);
        case Operation.unsubscribe:
          return this.#unsubscribe(message);
        case 'message':
          return this.#publishInner(message);
        case 'get_result':
          return this.#publishResult(message);
        default:
          if (isConnectionEvent(message)) return undefined;
          return this.#reject(message, `operation "${message.operation}" is none of the event bus`);
      }
    } catch (error) {
      return this.#reject(message, errorText(error));
    }
  }

  #publishContent(message: Message): Promise<void> | undefined {
    if (!this.options.connectionTopic && isConnectionEvent(message)) return undefined;
    const payload = payloadOf(message.content);
    if (payload === undefined) return this.#reject(message, 'its content is neither text nor bytes');
    return this.#publish(message, message.resource, payload);
  }

  #publishInner(message: Message): Promise<void> | undefined {
    const inner = topicOfMessage(message.content);
    if (!inner) return this.#reject(message, 'its content is not {"message":{"topic":"…"}}');
    return this.#publish(message, inner.topic, sortedJson(inner.body));
  }

  #publishResult(message: Message): Promise<void> | undefined {
    if (message.resource !== 'auth_info') return this.#reject(message, 'get_result needs resource auth_info');
    const topic = `$hw/events/node/${this.options.nodeName}/authInfo/get/result`;
    return this.#publish(message, topic, sortedJson(jsonOf(message.content)));
  }

  #publish(message: Message, topic: string, payload: Uint8Array | string): Promise<void> | undefined {
    const problem = topicProblem(topic);
    if (problem !== undefined)
      return this.#reject(message, `"${topic}" is no topic to publish to: ${problem}`);
    let wait: Promise<void> | undefined;
    for (const broker of this.options.brokers) wait = broker.publish(topic, payload) ?? wait;
    return wait;
  }

  async #subscribe(message: Message): Promise<void> {
    const filter = message.resource;
    const problem = filterProblem(filter);
    if (problem !== undefined) {
      await this.#reject(message, `"${filter}" is no topic filter: ${problem}`);
      return;
    }
    const { topics, routes, brokers, ctx } = this.options;
    await this.#store(message, () => topics.add(filter));
    routes.add(filter);
    for (const broker of brokers) broker.subscribe(filter);
    ctx.log.info({ topic: filter }, 'messages on this topic go to the cloud: a rule there asks for them');
  }

  async #unsubscribe(message: Message): Promise<void> {
    const filter = message.resource;
    const { topics, routes, brokers } = this.options;
    await this.#store(message, () => topics.remove(filter));
    if (isFixed(filter)) return;
    routes.remove(filter);
    for (const broker of brokers) broker.unsubscribe(filter);
  }

  /** Without the row the rule still works, until the next start. */
  async #store(message: Message, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.options.ctx.log.warn(
        { id: message.id, topic: message.resource, error: errorText(error) },
        'the topic of a cloud rule was not stored, it holds until the next start',
      );
    }
  }

  #reject({ id, source, operation, resource }: Message, problem: string): undefined {
    this.options.ctx.metrics.count('edgecore_eventbus_rejected_total');
    this.options.ctx.log.warn({ id, source, operation, resource }, `message ignored: ${problem}`);
  }
}
