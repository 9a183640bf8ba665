import { isUtf8 } from 'node:buffer';
import { errorText, Group, hasCode, ModuleName, Operation, TroubleLog } from '@edgecore/api';
import { createMessage, type ModuleContext } from '@edgecore/beehive';
import type { Arrival, Settle, TakeArrival } from '../broker/broker.js';
import { NotTakenError } from '../errors.js';
import { Once } from '../once.js';
import type { Routes } from '../topics/routes.js';
import type { Uploads } from '../uploads/uploads.js';

/** `route.source` of everything that came over MQTT. */
export const BUS_SOURCE = 'bus';

export interface IntakeOptions {
  readonly ctx: ModuleContext;
  readonly routes: Routes;
  readonly uploads: Uploads;
  readonly maxPayloadBytes: number;
  readonly twinTimeoutMs: number;
}

/**
 * Takes what arrives at the brokers to devicetwin or towards the cloud
 * (eventbus.md §4). Whatever is for devicetwin is in its inbox, or queues for
 * it, when {@link take} returns: order per client holds.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #noTwin = new Once();
  readonly #binary = new Once();
  readonly #tooLarge: TroubleLog;
  readonly #refused: TroubleLog;
  #closed = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#tooLarge = new TroubleLog(options.ctx.log);
    this.#refused = new TroubleLog(options.ctx.log);
  }

  /** From now on nothing is taken that would have to be kept. */
  close(): void {
    this.#closed = true;
  }

  readonly take: TakeArrival = (arrival, settle) => {
    const { routes, uploads, maxPayloadBytes } = this.#options;
    const { topic, payload } = arrival;
    const route = routes.of(topic);
    if (!route) {
      settle();
      return;
    }
    if (this.#closed) {
      settle(new NotTakenError('the event bus is stopping'));
      return;
    }
    if (payload.length > maxPayloadBytes) {
      // Acknowledged all the same: sent again it would be as large.
      this.#dropTooLarge(topic, payload.length);
      settle();
      return;
    }
    const content = this.#text(topic, payload);
    if (route.to === 'cloud') uploads.take(topic, content, arrival.held, settle);
    else this.#toTwin(route.resource, content, arrival, settle);
  };

  #toTwin(resource: string, content: string, { qos, held }: Arrival, settle: Settle): void {
    const { ctx, twinTimeoutMs } = this.#options;
    const message = createMessage({
      source: BUS_SOURCE,
      group: Group.user,
      operation: Operation.response,
      resource,
      content,
    });
    const sent: Promise<unknown> =
      held && qos > 0
        ? ctx.request(ModuleName.twin, message, { timeoutMs: twinTimeoutMs })
        : ctx.send(ModuleName.twin, message);
    sent.then(
      () => settle(),
      (error: unknown) => this.#failed(error, settle),
    );
  }

  #failed(error: unknown, settle: Settle): void {
    const { ctx } = this.#options;
    // Refused by devicetwin: it has told the device why, and would do so again.
    if (hasCode(error, 'ERR_ERROR_RESPONSE')) {
      settle();
      return;
    }
    if (hasCode(error, 'ERR_NO_SUCH_MODULE') && !this.#closed) {
      if (this.#noTwin.first('twin')) {
        ctx.log.warn(
          'devices report over MQTT, but module twin (deviceTwin) is not running: reports are dropped',
        );
      }
      settle();
      return;
    }
    ctx.metrics.count('edgecore_eventbus_refused_total');
    this.#refused.warn(
      { error: errorText(error) },
      'a device message was not acknowledged, the device sends it again',
    );
    settle(new NotTakenError('not taken by devicetwin', { cause: error }));
  }

  #text(topic: string, payload: Buffer): string {
    // Frames to the cloud are JSON: bytes that are not UTF-8 are lost, as with upstream (eventbus.md §4).
    if (!isUtf8(payload) && this.#binary.first(topic)) {
      this.#options.ctx.log.warn(
        { topic },
        'messages on this topic are not UTF-8: other bytes arrive as U+FFFD',
      );
    }
    return payload.toString('utf8');
  }

  #dropTooLarge(topic: string, bytes: number): void {
    const { ctx, maxPayloadBytes } = this.#options;
    ctx.metrics.count('edgecore_eventbus_too_large_total');
    this.#tooLarge.warn(
      { topic, bytes, maxPayloadBytes },
      'message is larger than maxPayloadBytes and was dropped: send less at once or raise the limit',
    );
  }
}
