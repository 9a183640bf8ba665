import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { Clock } from '../ports/clock.js';
import { withDeadline } from '../ports/deadline.js';
import { type AddressOptions, nodeAddresses } from './addresses.js';
import type { EngineState } from './conditions.js';
import type { Host } from './host.js';
import { readMachine } from './machine.js';
import type { NodePressure } from './node-pressure.js';
import type { NodeFacts } from './node-status.js';
import type { PressureCondition } from './pressure.js';
import type { Thresholds } from './threshold.js';

export interface NodeObserverOptions extends AddressOptions {
  readonly host: Host;
  readonly runtime: Pick<ContainerRuntime, 'name' | 'version' | 'status'>;
  readonly clock: Clock;
  readonly rootDirectory: string;
  /** Default: none. */
  readonly volumesInUse?: () => readonly string[];
  readonly maxPods: number;
  readonly kubeletPort: number;
  readonly agentVersion: string;
  readonly thresholds: Thresholds;
  readonly pressure: NodePressure;
  /** The engine counts as down when it does not answer for this long. */
  readonly engineTimeoutMs: number;
}

/** One look at the node. */
export interface NodeObservation {
  readonly facts: NodeFacts;
  readonly engine: EngineState;
  readonly pressure: ReadonlySet<PressureCondition>;
}

/** Looks at machine and engine; an engine that hangs does not hold up the report. */
export class NodeObserver {
  /** Kept while the engine is down: the version does not change by that. */
  #runtimeVersion: string | undefined;

  constructor(private readonly options: NodeObserverOptions) {}

  async observe(signal: AbortSignal): Promise<NodeObservation> {
    const { options } = this;
    const [engine, machine, addresses, { conditions }] = await Promise.all([
      this.#engine(signal),
      readMachine(options.host, options.rootDirectory),
      nodeAddresses(options.host, options),
      options.pressure.observe(),
    ]);
    const facts: NodeFacts = {
      machine,
      addresses,
      runtimeVersion: this.#runtimeVersion ?? `${options.runtime.name}://`,
      maxPods: options.maxPods,
      kubeletPort: options.kubeletPort,
      agentVersion: options.agentVersion,
      thresholds: options.thresholds,
      volumesInUse: options.volumesInUse?.() ?? [],
    };
    return { facts, engine, pressure: conditions };
  }

  async #engine(signal: AbortSignal): Promise<EngineState> {
    const { clock, engineTimeoutMs, runtime } = this.options;
    try {
      return await withDeadline(clock, engineTimeoutMs, signal, async () => {
        const { ready, reason } = await runtime.status();
        if (!ready) return { ready: false, reason: reason ?? 'the container engine is not ready' };
        this.#runtimeVersion = (await runtime.version()).runtime;
        return { ready: true };
      });
    } catch (error) {
      signal.throwIfAborted();
      // Without its cause, which is another each time: a changed condition goes over the link.
      return { ready: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
