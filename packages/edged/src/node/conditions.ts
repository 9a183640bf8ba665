import type { NodeCondition } from './node-types.js';
import type { PressureCondition } from './pressure.js';

/** A condition before it has times. */
export type NodeVerdict = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Whether the container engine answers; `reason` is for people. */
export type EngineState = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** The one condition of the legacy form (edged.md §10.1). */
export function legacyConditions(engine: EngineState): NodeVerdict[] {
  return [
    engine.ready
      ? { type: 'Ready', status: 'True', reason: 'EdgeReady', message: 'edge is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'EdgeNotReady', message: engine.reason },
  ];
}

const PRESSURE: readonly {
  readonly type: PressureCondition;
  readonly good: readonly [string, string];
  readonly bad: readonly [string, string];
}[] = [
  {
    type: 'MemoryPressure',
    good: ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    bad: ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
  },
  {
    type: 'DiskPressure',
    good: ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    bad: ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
  },
  {
    type: 'PIDPressure',
    good: ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    bad: ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
  },
];

/** The four conditions of the modern form, in kubelet's order (edged.md §10.2). */
export function modernConditions(
  engine: EngineState,
  pressure: ReadonlySet<PressureCondition>,
): NodeVerdict[] {
  const ready: NodeVerdict = engine.ready
    ? { type: 'Ready', status: 'True', reason: 'EdgeReady', message: 'edge is posting ready status' }
    : {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: `container runtime is down: ${engine.reason}`,
      };
  return [
    ...PRESSURE.map(({ type, good, bad }): NodeVerdict => {
      const held = pressure.has(type);
      const [reason, message] = held ? bad : good;
      return { type, status: held ? 'True' : 'False', reason, message };
    }),
    ready,
  ];
}

/** Gives verdicts their times: the transition time is kept while the status stays. */
export class ConditionTimes {
  readonly #known = new Map<string, Pick<NodeCondition, 'status' | 'lastTransitionTime'>>();

  /**
   * Times a node object already carries: they survive a restart of the agent.
   * Taken where the status is the same and the time older, or nothing is known yet.
   */
  adopt(conditions: readonly Pick<NodeCondition, 'type' | 'status' | 'lastTransitionTime'>[]): void {
    for (const { type, status, lastTransitionTime } of conditions) {
      const known = this.#known.get(type);
      if (!lastTransitionTime || (known && known.status !== status)) continue;
      if (known?.lastTransitionTime && known.lastTransitionTime <= lastTransitionTime) continue;
      this.#known.set(type, { status, lastTransitionTime });
    }
  }

  /** @param now RFC 3339. */
  stamp(verdicts: readonly NodeVerdict[], now: string): NodeCondition[] {
    return verdicts.map((verdict) => {
      const known = this.#known.get(verdict.type);
      const lastTransitionTime =
        known?.status === verdict.status && known.lastTransitionTime ? known.lastTransitionTime : now;
      this.#known.set(verdict.type, { status: verdict.status, lastTransitionTime });
      return {
        type: verdict.type,
        status: verdict.status,
        lastHeartbeatTime: now,
        lastTransitionTime,
        reason: verdict.reason,
        message: verdict.message,
      };
    });
  }
}
