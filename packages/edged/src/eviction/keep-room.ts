import type { ModuleContext } from '@edgecore/beehive';
import type { PodServices } from '../act/pod-services.js';
import { ImageGc } from '../gc/image-gc.js';
import type { EdgedSettings } from '../options.js';
import type { PodWorkers } from '../pods/pod-workers.js';
import type { NodeEventListener } from '../ports/node-events.js';
import { evictor } from './evict-pod.js';
import { EvictionManager } from './eviction-manager.js';
import { StorageLimitWatch } from './storage-limit-watch.js';

export interface KeepRoomParts {
  readonly settings: EdgedSettings;
  readonly services: PodServices;
  readonly workers: PodWorkers;
  readonly ctx: Pick<ModuleContext, 'log' | 'metrics'>;
}

/**
 * All work that keeps the node from running full: removal of images, limits of
 * pods, eviction. Ends when the signal aborts.
 */
export function keepRoom(
  { settings, services, workers, ctx: { log, metrics } }: KeepRoomParts,
  signal: AbortSignal,
): Promise<void>[] {
  const events: NodeEventListener = (event) => settings.onNodeEvent?.(event);
  const pods = () => workers.pods();
  const evict = evictor({ services, log, metrics, fail: (...args) => workers.evict(...args) });
  const images = new ImageGc({
    runtime: settings.runtime,
    clock: settings.clock,
    log,
    metrics,
    events,
    rules: settings.imageGc,
    sandboxImage: settings.sandboxImage,
    periodMs: settings.imageGcPeriodMs,
  });
  const limits = new StorageLimitWatch({
    services,
    log,
    periodMs: settings.storageLimitPeriodMs,
    pods,
    evict,
  });
  const work = [images.run(signal), limits.run(signal)];
  if (settings.eviction) {
    const manager = new EvictionManager({
      ...settings.eviction,
      ...{ services, images, log, events, pods, evict },
    });
    work.push(manager.run(signal));
  }
  return work;
}
