import {
  errorText,
  hasCode,
  isNotFound,
  isRecord,
  type KubeObject,
  type KubeStatusError,
} from '@edgecore/api';
import { pause, rfc3339 } from '../ports/clock.js';
import { withDeadline } from '../ports/deadline.js';
import { modernConditions } from './conditions.js';
import type { DialectContext, NodeDialect } from './dialect.js';
import { LeaseKeeper } from './lease-keeper.js';
import { modernNode, type NodeRegistration } from './node-object.js';
import { modernStatus } from './node-status.js';
import type { NodeCondition } from './node-types.js';
import { isHeartbeatOnly, type KnownStatus, nodeStatusPatch } from './status-patch.js';

/** `node` insert, `nodepatch` and a lease: today's cloud (edged.md §10.2). */
export class ModernDialect implements NodeDialect {
  readonly #lease: LeaseKeeper;
  /** The last node object received, by answer or push: the base of patches. */
  #node: KubeObject | undefined;
  #registered = false;
  #reportedAt: number | undefined;
  /**
   * The next patch must not rely on the base: while the link was down the
   * cloud may have changed the node (Ready Unknown) without telling us.
   */
  #baseUncertain = true;

  constructor(private readonly context: DialectContext) {
    this.#lease = new LeaseKeeper({
      lease: context.api.lease,
      clock: context.clock,
      log: context.log,
      nodeName: context.registration.nodeName,
      durationSeconds: context.leaseDurationSeconds,
    });
  }

  async run(signal: AbortSignal): Promise<never> {
    this.#baseUncertain = true;
    await this.#lease.look(signal);
    for (;;) {
      if (this.context.registerNode && !this.#registered) await this.#register(signal);
      await this.#reportWithLease(signal);
      this.#registered = false;
      this.#node = undefined;
      // A cloud that has the node and yet does not find it must not be asked without end.
      await pause(this.context.clock, this.context.statusPeriodMs, signal);
    }
  }

  nodePushed(node: KubeObject | undefined): void {
    if (node) this.#take(node);
    else this.#node = undefined;
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { api, clock, log, registration, registerTimeoutMs, statusPeriodMs } = this.context;
    for (;;) {
      const startedAt = clock.now();
      const { facts, engine, pressure } = await this.context.observe(signal);
      const conditions = this.#stamped(modernConditions(engine, pressure));
      const node = modernNode(registration, facts, conditions);
      try {
        const answer = await withDeadline(clock, registerTimeoutMs, signal, (bounded) =>
          api.node.insert(registration.nodeName, node, bounded),
        );
        this.#take(answer);
        this.#registered = true;
        this.#baseUncertain = false;
        log.info({ node: registration.nodeName }, 'node registered');
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (hasReason(error, 'AlreadyExists')) {
          await this.#adopt(signal);
          return;
        }
        log.warn(
          { node: registration.nodeName, error: errorText(error) },
          'node not registered; trying again',
        );
      }
      await pause(clock, Math.max(0, statusPeriodMs - (clock.now() - startedAt)), signal);
    }
  }

  /** The node is there already: go on from the object the cloud pushed, or the stored one. */
  async #adopt(signal: AbortSignal): Promise<void> {
    const { api, clock, log, registration, statusPeriodMs } = this.context;
    this.#registered = true;
    try {
      const node =
        this.#node ??
        (await withDeadline(clock, statusPeriodMs, signal, (bounded) =>
          api.node.get(registration.nodeName, bounded),
        ));
      this.#take(node);
      const differing = differingLabels(registration, node);
      if (differing.length > 0) {
        log.warn(
          { node: registration.nodeName, labels: differing },
          'the node exists with other labels; only an administrator of the cluster can change them',
        );
      }
    } catch (error) {
      signal.throwIfAborted();
      // Without a base the first patch is complete, and its answer is the base.
      log.debug({ error: errorText(error) }, 'node exists, but its object is not known yet');
    }
  }

  /** Reports until the node is gone in the cloud; the lease is renewed beside it, whatever the reports do. */
  async #reportWithLease(signal: AbortSignal): Promise<void> {
    const gone = new AbortController();
    const both = AbortSignal.any([signal, gone.signal]);
    const renewing = this.#lease.run(() => this.#node?.metadata?.uid, both).catch(() => {});
    try {
      await this.#report(signal);
    } finally {
      gone.abort();
      await renewing;
    }
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { clock, log, registration, statusPeriodMs } = this.context;
    for (;;) {
      const startedAt = clock.now();
      try {
        await this.#send(signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isNotFound(error) && this.context.registerNode) {
          log.warn({ node: registration.nodeName }, 'the node was deleted in the cloud');
          return;
        }
        log.warn({ node: registration.nodeName, error: errorText(error) }, 'node status not taken');
      }
      await pause(clock, Math.max(0, statusPeriodMs - (clock.now() - startedAt)), signal);
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { api, clock, registration, reportPeriodMs, statusPeriodMs } = this.context;
    const { facts, engine, pressure } = await this.context.observe(signal);
    const status = modernStatus(facts, this.#stamped(modernConditions(engine, pressure)));
    const base = this.#baseUncertain ? undefined : (this.#node?.['status'] as KnownStatus | undefined);
    const patch = nodeStatusPatch(base, status);
    const due = this.#reportedAt === undefined || clock.now() - this.#reportedAt >= reportPeriodMs;
    if (isHeartbeatOnly(patch) && !due) return;
    const sentAt = clock.now();
    const answer = await withDeadline(clock, statusPeriodMs, signal, (bounded) =>
      api.node.patch(registration.nodeName, patch, bounded),
    );
    this.#reportedAt = sentAt;
    this.#baseUncertain = false;
    this.#take(answer);
  }

  #stamped(verdicts: Parameters<DialectContext['times']['stamp']>[0]): NodeCondition[] {
    const { clock, times } = this.context;
    const conditions = times.stamp(verdicts, rfc3339(clock.now()));
    this.context.onConditions(conditions);
    return conditions;
  }

  #take(node: KubeObject): void {
    if (olderThan(node, this.#node)) return;
    this.#node = node;
    const status = node['status'];
    const conditions = isRecord(status) ? status['conditions'] : undefined;
    if (Array.isArray(conditions)) this.context.times.adopt(conditions.filter(isCondition));
  }
}

function hasReason(error: unknown, reason: string): boolean {
  return hasCode(error, 'ERR_KUBE_STATUS') && (error as KubeStatusError).reason === reason;
}

function isCondition(value: unknown): value is NodeCondition {
  return isRecord(value) && typeof value['type'] === 'string' && typeof value['status'] === 'string';
}

/** Answers and pushes of one change may arrive in either order (edged.md §11.3). */
function olderThan(node: KubeObject, known: KubeObject | undefined): boolean {
  if (!known || known.metadata?.uid !== node.metadata?.uid) return false;
  const [a, b] = [Number(node.metadata?.resourceVersion), Number(known.metadata?.resourceVersion)];
  return Number.isFinite(a) && Number.isFinite(b) && a < b;
}

function differingLabels({ labels }: NodeRegistration, node: KubeObject): string[] {
  return Object.entries(labels)
    .filter(([key, value]) => node.metadata?.labels?.[key] !== value)
    .map(([key]) => key);
}
