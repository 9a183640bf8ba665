import { errorText, type Logger } from '@edgecore/api';
import type { NodeClient } from '@edgecore/metaclient';
import { type Clock, pause } from '../../ports/clock.js';
import type { DriverRegistry } from './driver-registry.js';

export interface AnnounceOptions {
  readonly node: Pick<NodeClient, 'update'>;
  readonly nodeName: string;
  readonly registry: DriverRegistry;
  readonly clock: Clock;
  readonly log: Logger;
  /** Waits after a refusal: the first, and the longest. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

/** Where the cloud's attacher looks for the name a driver gives this node: JSON, by driver. */
const ANNOTATION = 'csi.volume.kubernetes.io/nodeid';

/**
 * Tells the cloud how drivers call this node (wire.md U7): their attachers need it, and no CSINode can be made from
 * the edge. A driver that vanishes stays announced: it is mostly being restarted, and annotations can only be merged.
 */
export async function announceDrivers(options: AnnounceOptions, signal: AbortSignal): Promise<void> {
  const { node, nodeName, registry, clock, log, retryMs, retryMaxMs } = options;
  const known = new Map<string, string>();
  let changed = () => {};
  const unsubscribe = registry.onChange(() => changed());
  const end = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  let announced = '';
  let waitMs = retryMs;
  try {
    while (!signal.aborted) {
      const change = new Promise<void>((resolve) => {
        changed = resolve;
      });
      for (const { name, nodeId } of registry.all()) known.set(name, nodeId);
      const text = JSON.stringify(Object.fromEntries([...known].sort(([a], [b]) => (a < b ? -1 : 1))));
      if (known.size === 0 || text === announced) {
        await Promise.race([change, end]);
        continue;
      }
      try {
        const metadata = { name: nodeName, annotations: { [ANNOTATION]: text } };
        await node.update(nodeName, { metadata }, signal);
        announced = text;
        waitMs = retryMs;
      } catch (error) {
        if (signal.aborted) return;
        log.debug({ error: errorText(error) }, 'CSI drivers not announced to the cloud; trying again');
        await pause(clock, waitMs, signal).catch(() => undefined);
        waitMs = Math.min(2 * waitMs, retryMaxMs);
      }
    }
  } finally {
    unsubscribe();
  }
}
