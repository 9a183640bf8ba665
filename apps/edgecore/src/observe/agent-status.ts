import type { ModuleReport } from '@edgecore/beehive';
import type { EdgeHubStats } from '@edgecore/edgehub';
import type { DeviceCounts } from './device-source.js';

/** What `edgecore status --json` prints. Times are milliseconds since the epoch. */
export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly node: { readonly name: string; readonly addresses: readonly string[]; readonly runtime: string };
  /** Absent when edgeHub is off. */
  readonly link: EdgeHubStats | undefined;
  readonly modules: readonly ModuleReport[];
  readonly pods: readonly PodLine[];
  readonly store: { readonly path: string; readonly outcome: string; readonly outbox: number };
  /** Absent when the device module is off. */
  readonly devices?: DeviceCounts;
  /** Where devices find the embedded MQTT broker, once it listens. */
  readonly mqtt?: string;
  readonly memoryBytes: number;
}

export interface PodLine {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  /** Containers ready and in all. */
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
  readonly ip: string;
  /** Why it is not running, when it says so. */
  readonly reason: string;
  readonly startedAt: string;
}

/** A check of `/healthz` or `/readyz`: each failing one says why. */
export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly reason: string | undefined;
}

/** Alive: no module has failed for good (beehive.md §7 R9). */
export function liveness(modules: readonly ModuleReport[]): HealthCheck[] {
  return modules.map(({ name, state, reason }) => ({ name, ok: state !== 'failed', reason }));
}

/**
 * Ready: every module does its work. The cloud being away is not a reason
 * against it: the node keeps working offline.
 */
export function readiness(
  modules: readonly ModuleReport[],
  offlineCapable: ReadonlySet<string>,
): HealthCheck[] {
  return modules.map(({ name, state, reason }) => ({
    name,
    ok: state === 'ready' || (offlineCapable.has(name) && state !== 'failed'),
    reason,
  }));
}
