import { type FSWatcher, watch } from 'node:fs';

/**
 * Calls back with the names of files that changed in the directory, at most
 * once per `settleMs`. Asks once a second, without names, when the system has
 * no inotify watch left. Returns the function that ends it.
 */
export function watchDirectory(
  path: string,
  onChange: (names: ReadonlySet<string> | undefined) => void,
  settleMs = 10,
): () => void {
  let names = new Set<string>();
  let pending: NodeJS.Timeout | undefined;
  let polling: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const poll = () => {
    polling ??= setInterval(() => onChange(undefined), 1000);
  };
  try {
    watcher = watch(path, (_event, name) => {
      names.add(name ?? '');
      pending ??= setTimeout(() => {
        const changed = names;
        names = new Set();
        pending = undefined;
        onChange(changed);
      }, settleMs);
    });
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
