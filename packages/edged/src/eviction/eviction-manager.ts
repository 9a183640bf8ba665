import { errorText, type Logger } from '@edgecore/api';
import type { PodServices } from '../act/pod-services.js';
import { removeFinishedContainers } from '../gc/finished-pods.js';
import type { ImageGc } from '../gc/image-gc.js';
import type { NodePressure } from '../node/node-pressure.js';
import type { MetThreshold } from '../node/pressure.js';
import type { PressureSignal } from '../node/threshold.js';
import { pause } from '../ports/clock.js';
import type { NodeEventListener } from '../ports/node-events.js';
import type { PodSnapshot } from '../ports/status-sink.js';
import { resourceOf } from './candidate.js';
import type { EvictPod } from './evict-pod.js';
import { measurePods } from './measure-pods.js';
import { mostUrgent, planEviction } from './plan-eviction.js';

export interface EvictionSettings {
  readonly pressure: NodePressure;
  /** Most a pod gets to end after a soft threshold. Default 0. */
  readonly maxPodGraceMs?: number;
  /** Between looks at the node. Default 10 000 ms. */
  readonly periodMs?: number;
}

export interface EvictionManagerOptions extends EvictionSettings {
  readonly services: PodServices;
  readonly images: Pick<ImageGc, 'removeUnused'>;
  readonly log: Logger;
  readonly events: NodeEventListener;
  pods(): readonly PodSnapshot[];
  readonly evict: EvictPod;
}

/** How long the next eviction waits for the end of the last victim, after its grace period. */
const VICTIM_ENDS_MS = 30_000;

/**
 * Keeps the node alive when it runs short (edged.md §10.4): first what nobody
 * needs goes, then one pod at a time until the thresholds are no longer met.
 */
export class EvictionManager {
  #victim: { readonly uid: string; readonly waitUntil: number } | undefined;
  /** Signals that were told of. */
  readonly #told = new Set<PressureSignal>();
  #failure: string | undefined;

  constructor(private readonly options: EvictionManagerOptions) {}

  /** Looks each period until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { pressure, services, periodMs = 10_000, log } = this.options;
    if (!pressure.hasThresholds) return;
    while (!signal.aborted) {
      try {
        await this.#look(signal);
        this.#failure = undefined;
      } catch (error) {
        if (signal.aborted) return;
        const failure = errorText(error);
        log[failure === this.#failure ? 'debug' : 'warn'](
          { error: failure },
          'the node is short of something and nothing could be done; trying again',
        );
        this.#failure = failure;
      }
      await pause(services.clock, periodMs, signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { pressure } = this.options;
    const { due } = await pressure.observe();
    this.#tell(due);
    const threshold = mostUrgent(due);
    if (!threshold || this.#victimEnds()) return;
    if (await this.#reclaim(threshold, signal)) return;
    signal.throwIfAborted();
    await this.#evict(threshold);
  }

  /** Takes back what nobody needs. True when that was enough. */
  async #reclaim({ rule }: MetThreshold, signal: AbortSignal): Promise<boolean> {
    const { pressure, images, services, pods } = this.options;
    if (!/^(?:node|image)fs\./.test(rule.signal)) return false;
    // Images and dead containers are elsewhere.
    if (rule.signal.startsWith('nodefs') && (await pressure.hasImageFileSystem())) return false;
    const enough = async () => !(await pressure.observe()).due.some((met) => met.rule === rule);
    await removeFinishedContainers(pods(), services);
    if (await enough()) return true;
    return (await images.removeUnused(enough, signal)) > 0 && enough();
  }

  async #evict(threshold: MetThreshold): Promise<void> {
    const { pressure, services, log, maxPodGraceMs = 0, evict } = this.options;
    const { signal } = threshold.rule;
    const hasImageFileSystem = await pressure.hasImageFileSystem();
    const running = this.options.pods().filter(isActivePod);
    const measured = await measurePods(
      running.map(({ pod }) => pod),
      { signal, hasImageFileSystem },
      services,
    );
    const eviction = planEviction({ threshold, pods: measured, maxPodGraceMs });
    if (!eviction) {
      log.debug({ signal, pods: running.length }, 'no pod may be evicted');
      return;
    }
    const waitUntil = services.clock.now() + (eviction.graceMs ?? 0) + VICTIM_ENDS_MS;
    this.#victim = { uid: eviction.pod.metadata.uid, waitUntil };
    evict({ ...eviction, signal });
  }

  /** What the last victim used is not free before it has ended. */
  #victimEnds(): boolean {
    const victim = this.#victim;
    if (!victim) return false;
    const snapshot = this.options.pods().find(({ pod }) => pod.metadata.uid === victim.uid);
    const late = this.options.services.clock.now() >= victim.waitUntil;
    if (snapshot && snapshot.status?.phase !== 'Failed' && !late) return true;
    this.#victim = undefined;
    return false;
  }

  #tell(due: readonly MetThreshold[]): void {
    const { log, events } = this.options;
    for (const { rule, sample } of due) {
      if (this.#told.has(rule.signal)) continue;
      this.#told.add(rule.signal);
      const resource = resourceOf(rule.signal);
      log.warn(
        { signal: rule.signal, threshold: rule.text, available: sample.left, of: sample.whole },
        `the node is low on ${resource}`,
      );
      events({
        type: 'Warning',
        reason: 'EvictionThresholdMet',
        message: `Attempting to reclaim ${resource}`,
      });
    }
    for (const signal of this.#told) {
      if (!due.some(({ rule }) => rule.signal === signal)) this.#told.delete(signal);
    }
  }
}

/** Evicting what is over or on its way out would free nothing. */
function isActivePod({ status, stage }: PodSnapshot): boolean {
  return stage === 'syncing' && status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}
