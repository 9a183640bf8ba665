import { errorText, NotConnectedError, OK } from '@edgecore/api';
import { errorTo, type Message, type ModuleContext, responseTo } from '@edgecore/beehive';
import { checkOutbound } from './check-outbound.js';
import type { OutboundQueue } from './outbound-queue.js';
import type { PendingRequests } from './pending-requests.js';

export interface IntakeOptions {
  readonly ctx: ModuleContext;
  readonly queue: OutboundQueue;
  readonly pending: PendingRequests;
  readonly maxMessageBytes: number;
}

/** Answers of the hub itself carry this source. */
const SELF = { source: 'edgehub' } as const;

/**
 * Takes what modules send, and tells those who asked what became of it: a
 * request that cannot go out, is lost with the link or needs no answer from
 * this cloud is answered here (edgehub.md §7, §10).
 */
export class Intake {
  #full = false;

  constructor(private readonly options: IntakeOptions) {}

  /** Moves the module's inbox into the queue; ends with the inbox. */
  async run(): Promise<void> {
    for await (const message of this.options.ctx.receive()) this.take(message);
  }

  take(message: Message): void {
    const { queue, pending, maxMessageBytes, ctx } = this.options;
    const check = checkOutbound(message, maxMessageBytes);
    if ('problem' in check) {
      this.#refuse(message, check.problem);
      return;
    }
    if (message.sync) pending.add(message);
    const { taken, dropped } = queue.put(message, check.bytes);
    for (const old of dropped) {
      ctx.metrics.count('edgecore_hub_superseded_total');
      ctx.log.debug({ id: old.id, resource: old.resource }, 'queue full, superseded message dropped');
    }
    if (taken) {
      this.#full = false;
      return;
    }
    pending.delete(message.id);
    this.#refuseForWantOfRoom(message);
  }

  /** A message from the cloud may answer a request. */
  answered(message: Message): void {
    if (message.parentId !== '') this.options.pending.delete(message.parentId);
  }

  /** Ends all requests under way: the link is gone. */
  connectionLost(): void {
    const { pending, ctx } = this.options;
    const text = new NotConnectedError().message;
    for (const request of pending.drain()) ctx.deliver(errorTo(request, text, SELF));
  }

  /** The cloud takes this kind of request in silence and it was written: that is its answer. */
  written(request: Message): void {
    const { pending, ctx } = this.options;
    if (pending.delete(request.id)) ctx.deliver(responseTo(request, OK, SELF));
  }

  /** The transport cannot write this message at all. */
  unsendable(message: Message, error: unknown): void {
    this.options.pending.delete(message.id);
    this.#refuse(message, errorText(error));
  }

  #refuse(message: Message, problem: string): void {
    const { ctx } = this.options;
    const { id, source, group, operation, resource } = message;
    const text = `message not sent to the cloud: ${problem}`;
    ctx.metrics.count('edgecore_hub_messages_refused_total');
    ctx.log.warn({ id, source, group, operation, resource }, text);
    if (message.sync) ctx.deliver(errorTo(message, text, { ...SELF, group }));
  }

  #refuseForWantOfRoom(message: Message): void {
    const { ctx, queue } = this.options;
    const text = `message not sent to the cloud: ${queue.depth} messages (${queue.bytes} bytes) are waiting already`;
    ctx.metrics.count('edgecore_hub_messages_refused_total');
    if (!this.#full) {
      // Once, until there was room again: it can be full for days.
      this.#full = true;
      ctx.log.error({ id: message.id, resource: message.resource }, text);
    }
    if (message.sync) ctx.deliver(errorTo(message, text, { ...SELF, group: message.group }));
  }
}
