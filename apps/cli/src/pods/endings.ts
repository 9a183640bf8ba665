import type { CliIo } from '../io.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** What ends a session from outside. */
export interface Endings {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came; 0 before. */
  readonly exitCode: number;
  release(): void;
}

/** Listens for the first signal of the process, and for the caller's. A second one ends the process as ever. */
export function listenForEnd(io: CliIo): Endings {
  const end = new AbortController();
  let exitCode = 0;
  const stop = () => end.abort();
  const listeners = Object.entries(SIGNALS).map(([name, code]) => {
    const listener = () => {
      exitCode = code;
      release();
      stop();
    };
    process.once(name, listener);
    return { name, listener };
  });
  function release(): void {
    for (const { name, listener } of listeners) process.off(name, listener);
    io.signal?.removeEventListener('abort', stop);
  }
  io.signal?.addEventListener('abort', stop, { once: true });
  if (io.signal?.aborted) stop();
  return {
    signal: end.signal,
    get exitCode() {
      return exitCode;
    },
    release,
  };
}
