import { errorText, hasCode, isNotFound, type KubeObject, type Logger } from '@edgecore/api';
import { type Clock, pause } from '../ports/clock.js';
import { withDeadline } from '../ports/deadline.js';
import type { NodeApi } from '../ports/node-api.js';

export interface LeaseKeeperOptions {
  readonly lease: NodeApi['lease'];
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
  /** Told to the cloud; renewed every quarter of it. */
  readonly durationSeconds: number;
}

const NAMESPACE = 'kube-node-lease';
const TRIES = 5;
const RETRY_MS = 200;

/** Keeps the node's lease fresh: with today's cloud it is what keeps the node Ready (edged.md §10.2). */
export class LeaseKeeper {
  #lease: KubeObject | undefined;

  constructor(private readonly options: LeaseKeeperOptions) {}

  get periodMs(): number {
    return (this.options.durationSeconds * 1000) / 4;
  }

  /** Asks whether there is a lease; failures only mean "not known". */
  async look(signal: AbortSignal): Promise<void> {
    try {
      this.#lease = await this.#get(signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#lease = undefined;
      if (!isNotFound(error)) this.options.log.debug({ error: errorText(error) }, 'node lease not known');
    }
  }

  /** Renews every period until the signal aborts; a failed round is tried again in the next. */
  async run(nodeUid: () => string | undefined, signal: AbortSignal): Promise<never> {
    const { clock, log } = this.options;
    for (;;) {
      const startedAt = clock.now();
      const uid = nodeUid();
      // Without the node's uid a new lease would have no owner and outlive the node.
      if (this.#lease || uid) {
        try {
          await this.#renew(uid, signal);
        } catch (error) {
          signal.throwIfAborted();
          log.warn({ error: errorText(error) }, 'node lease not renewed');
        }
      }
      await pause(clock, Math.max(0, this.periodMs - (clock.now() - startedAt)), signal);
    }
  }

  async #renew(nodeUid: string | undefined, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#write(nodeUid, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.#lease = undefined;
        if (attempt === TRIES || hasCode(error, 'ERR_NOT_CONNECTED')) throw error;
        log.debug({ attempt, error: errorText(error) }, 'node lease not written; looking at it again');
      }
      await pause(clock, RETRY_MS * attempt, signal);
    }
  }

  async #write(nodeUid: string | undefined, signal: AbortSignal): Promise<void> {
    const { lease, nodeName } = this.options;
    if (!this.#lease) {
      try {
        this.#lease = await this.#get(signal);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    const known = this.#lease;
    this.#lease = await this.#bounded(signal, (bounded) =>
      known
        ? lease.update(NAMESPACE, nodeName, this.#renewed(known, nodeUid), bounded)
        : lease.create(NAMESPACE, nodeName, this.#fresh(nodeUid), bounded),
    );
  }

  #get(signal: AbortSignal): Promise<KubeObject> {
    return this.#bounded(signal, (bounded) =>
      this.options.lease.get(NAMESPACE, this.options.nodeName, bounded),
    );
  }

  #bounded<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(this.options.clock, this.periodMs, signal, work);
  }

  #fresh(nodeUid: string | undefined): KubeObject {
    const { nodeName } = this.options;
    return {
      metadata: {
        name: nodeName,
        namespace: NAMESPACE,
        creationTimestamp: null,
        ...this.#owner(nodeUid),
      },
      spec: this.#spec(),
    };
  }

  #renewed(lease: KubeObject, nodeUid: string | undefined): KubeObject {
    return { ...lease, metadata: { ...lease.metadata, ...this.#owner(nodeUid) }, spec: this.#spec() };
  }

  #owner(nodeUid: string | undefined): object {
    if (!nodeUid) return {};
    return {
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.options.nodeName, uid: nodeUid }],
    };
  }

  #spec(): object {
    const { clock, durationSeconds, nodeName } = this.options;
    return {
      holderIdentity: nodeName,
      leaseDurationSeconds: durationSeconds,
      renewTime: microTime(clock.now()),
    };
  }
}

/** RFC 3339 with exactly six decimals: Go's `metav1.MicroTime`. */
export function microTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}000Z`;
}
