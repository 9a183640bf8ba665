import { errorText, hasCode } from '@edgecore/api';
import { pause, rfc3339 } from '../ports/clock.js';
import { withDeadline } from '../ports/deadline.js';
import { legacyConditions } from './conditions.js';
import type { DialectContext, NodeDialect } from './dialect.js';
import { legacyNode, legacyRequest } from './node-object.js';

/** After so many unanswered updates on a live connection the node is taken to be deleted in the cloud. */
const UNANSWERED_LIMIT = 3;

/** `nodestatus` insert and updates: what a 2020 cloud understands (edged.md §10.1). */
export class LegacyDialect implements NodeDialect {
  #registered = false;

  constructor(private readonly context: DialectContext) {}

  async run(signal: AbortSignal): Promise<never> {
    const { registerNode } = this.context;
    for (;;) {
      if (registerNode && !this.#registered) await this.#register(signal);
      await this.#report(signal);
      this.#registered = false;
    }
  }

  nodePushed(): void {
    // This form needs no base; a deleted node shows by missing answers.
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { api, clock, log, registration, registerTimeoutMs, statusPeriodMs } = this.context;
    for (;;) {
      const startedAt = clock.now();
      const { facts } = await this.context.observe(signal);
      try {
        await withDeadline(clock, registerTimeoutMs, signal, (bounded) =>
          api.node.register(registration.nodeName, legacyNode(registration, facts), bounded),
        );
        this.#registered = true;
        log.info({ node: registration.nodeName }, 'node registered');
        return;
      } catch (error) {
        signal.throwIfAborted();
        log.warn(
          { node: registration.nodeName, error: errorText(error) },
          'node not registered; trying again',
        );
      }
      await pause(clock, restOf(statusPeriodMs, clock.now() - startedAt), signal);
    }
  }

  /** Sends statuses until the cloud has stopped answering them. */
  async #report(signal: AbortSignal): Promise<void> {
    const { clock, log, registerNode, registration, statusPeriodMs } = this.context;
    for (let unanswered = 0; ; ) {
      const startedAt = clock.now();
      try {
        await this.#send(signal);
        unanswered = 0;
      } catch (error) {
        signal.throwIfAborted();
        // Offline says nothing about the node's existence.
        if (!hasCode(error, 'ERR_NOT_CONNECTED')) unanswered += 1;
        log.warn({ node: registration.nodeName, error: errorText(error) }, 'node status not answered');
      }
      if (unanswered >= UNANSWERED_LIMIT && registerNode) return;
      await pause(clock, restOf(statusPeriodMs, clock.now() - startedAt), signal);
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { api, clock, registration, statusPeriodMs, times } = this.context;
    const [{ facts, engine }, extend] = await Promise.all([
      this.context.observe(signal),
      this.context.extendResources(),
    ]);
    const conditions = times.stamp(legacyConditions(engine), rfc3339(clock.now()));
    this.context.onConditions(conditions);
    const request = legacyRequest(facts, conditions, extend);
    await withDeadline(clock, statusPeriodMs, signal, (bounded) =>
      api.node.updateStatus(registration.nodeName, request, bounded),
    );
  }
}

function restOf(periodMs: number, spentMs: number): number {
  return Math.max(0, periodMs - spentMs);
}
