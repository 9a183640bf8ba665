import type { Writable } from 'node:stream';
import type { DeviceChange, DeviceSource } from './device-source.js';

export interface DeviceWatchOptions {
  /** Only the device with this id; it need not exist yet. Default: all. */
  readonly id?: string | undefined;
  /** Devices that come or go while a slow reader stands still; one more and it is cut off. Default 10 000. */
  readonly maxWaiting?: number;
}

/**
 * Writes devices as JSON lines: those that are there, then each that changes,
 * as it is then; one that is removed as `{"id", "removed": true}`. A reader
 * that is slower than the changes gets the last state of each device.
 * Ends with the stream.
 */
export function watchDevices(source: DeviceSource, to: Writable, options: DeviceWatchOptions = {}): void {
  const { id: wanted, maxWaiting = 10_000 } = options;
  const present = source.devices();
  const limit = present.length + maxWaiting;
  const waiting = new Map<string, DeviceChange>();
  let blocked = false;

  const flush = () => {
    for (const [id, change] of waiting) {
      if (blocked || to.destroyed) return;
      waiting.delete(id);
      const content = change.type === 'changed' ? change.device : { id, removed: true };
      blocked = !to.write(`${JSON.stringify(content)}\n`);
    }
  };
  const take = (change: DeviceChange) => {
    const id = change.type === 'changed' ? change.device.id : change.id;
    if (wanted !== undefined && id !== wanted) return;
    waiting.set(id, change);
    if (waiting.size > limit) to.destroy();
    else flush();
  };

  const end = source.onChange(take);
  to.on('drain', () => {
    blocked = false;
    flush();
  });
  to.on('close', () => {
    end();
    waiting.clear();
  });
  for (const device of present) take({ type: 'changed', device });
}
