import type { KubeObject, Logger } from '@edgecore/api';
import type { Clock } from '../ports/clock.js';
import type { NodeApi } from '../ports/node-api.js';
import type { ConditionTimes } from './conditions.js';
import type { NodeRegistration } from './node-object.js';
import type { NodeObservation } from './node-observer.js';
import type { ExtendResources, NodeCondition } from './node-types.js';

/** One way of telling a cloud about the node (edged.md §10). */
export interface NodeDialect {
  /** Registers if needed, then reports; runs while one connection lasts and rejects with the signal's reason. */
  run(signal: AbortSignal): Promise<never>;
  /** The cloud pushed the node object; `undefined`: it deleted it. */
  nodePushed(node: KubeObject | undefined): void;
}

/** What both dialects work with. */
export interface DialectContext {
  readonly api: NodeApi;
  readonly clock: Clock;
  readonly log: Logger;
  readonly registration: NodeRegistration;
  /** False: the node is never created, only its status reported. */
  readonly registerNode: boolean;
  /** Period of status computation, and of sending in the legacy form. */
  readonly statusPeriodMs: number;
  /** Modern: an unchanged status is sent this often. */
  readonly reportPeriodMs: number;
  readonly registerTimeoutMs: number;
  readonly leaseDurationSeconds: number;
  readonly times: ConditionTimes;
  observe(signal: AbortSignal): Promise<NodeObservation>;
  extendResources(): Promise<ExtendResources | null>;
  /** Told about the conditions of each report: events are made from changes. */
  onConditions(conditions: readonly NodeCondition[]): void;
}
