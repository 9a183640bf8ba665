import type { EngineContainer } from '../client/engine-types.js';

/** Exit codes engines and shells give a program that never ran. */
const NOT_FOUND = 127;
const NOT_ALLOWED = 126;
const NOT_STARTED = 128;

/**
 * Remembers why containers did not start. Docker does so itself; Podman shows
 * such a container as one that nobody has started yet.
 */
export class FailedStarts {
  readonly #reasons = new Map<string, string>();

  record(id: string, reason: string): void {
    this.#reasons.set(id, reason);
  }

  forget(id: string): void {
    this.#reasons.delete(id);
  }

  /** Forgets those the engine no longer has. */
  keepOnly(ids: Iterable<string>): void {
    if (this.#reasons.size === 0) return;
    const present = new Set(ids);
    for (const id of this.#reasons.keys()) if (!present.has(id)) this.#reasons.delete(id);
  }

  /** The container with its failure, as Docker would tell it. */
  complete(container: EngineContainer): EngineContainer {
    const { State } = container;
    const reason = this.#reasons.get(container.Id);
    if (reason === undefined || State.Status !== 'created' || State.ExitCode !== 0) return container;
    return { ...container, State: { ...State, ExitCode: exitCodeOf(reason), Error: reason } };
  }
}

function exitCodeOf(reason: string): number {
  if (/not found|no such file/i.test(reason)) return NOT_FOUND;
  return /permission denied/i.test(reason) ? NOT_ALLOWED : NOT_STARTED;
}
