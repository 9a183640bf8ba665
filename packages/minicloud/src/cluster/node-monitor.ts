import { errorText, type Logger } from '@edgecore/api';
import { Kinds } from '../objects/kinds.js';
import { conditionsOf, unknownConditions } from '../objects/node-status.js';
import type { ObjectStore } from '../objects/object-store.js';
import { kubeTime, statusOf } from '../objects/stored-object.js';

export interface NodeMonitorOptions {
  readonly objects: ObjectStore;
  readonly now: () => number;
  /** A node that reports neither status nor lease for so long is not ready. */
  readonly graceMs: number;
  readonly logger: Logger;
}

/** Marks silent nodes: the part of the node controller an edge notices (edged.md §10.1). */
export class NodeMonitor {
  readonly #lastSeen = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: NodeMonitorOptions) {}

  start(): void {
    this.#timer = setInterval(() => this.check(), Math.max(20, this.options.graceMs / 8));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A status or lease of the node came. */
  seen(node: string): void {
    this.#lastSeen.set(node, this.options.now());
  }

  check(): void {
    const { objects, now, graceMs, logger } = this.options;
    for (const node of objects.list(Kinds.node)) {
      const { name } = node.metadata;
      const seen = this.#lastSeen.get(name);
      // After a start of the cloud every node gets the whole grace period anew.
      if (seen === undefined) this.seen(name);
      else if (now() - seen >= graceMs && needsMark(node)) {
        logger.warn({ node: name }, 'the node has not reported for a while: not ready');
        objects
          .update(Kinds.node, '', name, (draft) => {
            const conditions = unknownConditions(draft, kubeTime(now()));
            return { ...draft, status: { ...statusOf(draft), conditions } };
          })
          .catch((error: unknown) => logger.error({ node: name }, errorText(error)));
      }
    }
  }
}

function needsMark(node: Parameters<typeof conditionsOf>[0]): boolean {
  const conditions = conditionsOf(node);
  return conditions.length === 0 || conditions.some(({ status }) => status !== 'Unknown');
}
