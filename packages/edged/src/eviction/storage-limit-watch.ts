import { errorText, type Logger } from '@edgecore/api';
import type { PodServices } from '../act/pod-services.js';
import type { Pod } from '../kube-types.js';
import { pause } from '../ports/clock.js';
import type { PodSnapshot } from '../ports/status-sink.js';
import type { EvictPod } from './evict-pod.js';
import { measureStorage } from './measure-storage.js';
import { emptyDirLimits, limitsStorage, storageExcess } from './storage-limits.js';

export interface StorageLimitWatchOptions {
  readonly services: PodServices;
  readonly log: Logger;
  /** Between looks at the pods that have limits. */
  readonly periodMs: number;
  pods(): readonly PodSnapshot[];
  readonly evict: EvictPod;
}

/** Evicts pods that take more of the disk than they may. */
export class StorageLimitWatch {
  constructor(private readonly options: StorageLimitWatchOptions) {}

  /** Looks each period until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { services, periodMs, pods } = this.options;
    for (;;) {
      await pause(services.clock, periodMs, signal).catch(() => undefined);
      for (const { pod, status, stage } of pods()) {
        if (signal.aborted) return;
        const limited = limitsStorage(pod) || emptyDirLimits(pod).size > 0;
        if (limited && stage === 'syncing' && status?.phase === 'Running') await this.#look(pod);
      }
      if (signal.aborted) return;
    }
  }

  async #look(pod: Pod): Promise<void> {
    const { services, log, evict } = this.options;
    const { namespace, name } = pod.metadata;
    try {
      const excess = storageExcess(pod, await measureStorage(pod, services));
      if (excess) evict({ pod, graceMs: 0, ...excess });
    } catch (error) {
      // A container that ended meanwhile, an engine that is away: the next look tells.
      log.debug({ namespace, pod: name, error: errorText(error) }, 'the storage of a pod was not measured');
    }
  }
}
