import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls back (coalesced to one call per `settleMs`) when a file in the
 * directory changes. Falls back to asking once a second when the system has no
 * inotify watch left. Returns the function that ends it.
 */
export function watchDirectory(path: string, onChange: () => void, settleMs = 10): () => void {
  let pending: NodeJS.Timeout | undefined;
  let polling: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const changed = () => {
    pending ??= setTimeout(() => {
      pending = undefined;
      onChange();
    }, settleMs);
  };
  const poll = () => {
    polling ??= setInterval(onChange, 1000);
  };
  try {
    watcher = watch(path, changed);
    watcher.on('error', poll);
  } catch {
    poll();
  }
  return () => {
    watcher?.close();
    clearTimeout(pending);
    clearInterval(polling);
  };
}
