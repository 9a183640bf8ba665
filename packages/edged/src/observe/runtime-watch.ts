import { errorText, type Logger } from '@edgecore/api';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import type { Clock } from '../ports/clock.js';

export interface RuntimeWatchOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  /** Between full lists while events arrive. Default 10 000 ms. */
  readonly relistMs?: number;
  /** Between full lists while the event stream is down. Default 1000 ms. */
  readonly relistWhileDownMs?: number;
  /** Something happened to this pod's containers. */
  onChange(uid: string): void;
  /** After each successful list: all pods the engine holds something of. */
  onRelist(uids: ReadonlySet<string>): void;
}

/**
 * Knows when to look at a pod again: the engine's events, and a slow list for
 * what they miss (edged.md §2). It decides nothing.
 */
export class RuntimeWatch {
  readonly #options: RuntimeWatchOptions;
  #fingerprints = new Map<string, string>();
  #streaming = false;
  /** Ends the wait for the next list. */
  #onStreamEnd: (() => void) | undefined;
  #failure: string | undefined = 'the container engine has not answered yet';

  constructor(options: RuntimeWatchOptions) {
    this.#options = options;
  }

  /** Why the engine cannot be used; `undefined` while it answers. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Lists and listens until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { relistMs = 10_000, relistWhileDownMs = 1000 } = this.#options;
    let stream = Promise.resolve();
    while (!signal.aborted) {
      // Listening starts before listing, so that nothing falls between.
      if (!this.#streaming) stream = this.#listen(signal);
      await this.#relist();
      if (!this.#streaming || this.#failure) {
        await this.#wait(relistWhileDownMs, signal);
        continue;
      }
      await this.#wait(relistMs, signal, { orStreamEnd: true });
      if (!this.#streaming) await this.#wait(relistWhileDownMs, signal);
    }
    await stream;
  }

  /** Resolves after `ms`, or when the signal aborts. Nothing that lives longer may hold on to a wait: there is one per list. */
  #wait(ms: number, signal: AbortSignal, { orStreamEnd = false } = {}): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', end);
        this.#onStreamEnd = undefined;
        resolve();
      };
      const cancel = this.#options.clock.after(ms, end);
      if (signal.aborted) return end();
      signal.addEventListener('abort', end, { once: true });
      if (orStreamEnd) this.#onStreamEnd = end;
    });
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { runtime, onChange, log } = this.#options;
    this.#streaming = true;
    try {
      for await (const { podUid } of runtime.events(signal)) onChange(podUid);
    } catch (error) {
      if (!signal.aborted)
        log.debug({ error: errorText(error) }, 'the event stream of the container engine broke');
    } finally {
      this.#streaming = false;
      this.#onStreamEnd?.();
    }
  }

  async #relist(): Promise<void> {
    const { runtime, onChange, onRelist, log } = this.#options;
    try {
      const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()]);
      const next = new Map<string, string>();
      for (const { pod, id, state } of [...sandboxes, ...containers].sort((a, b) => (a.id < b.id ? -1 : 1))) {
        next.set(pod.uid, `${next.get(pod.uid) ?? ''}${id}:${state} `);
      }
      const before = this.#fingerprints;
      this.#fingerprints = next;
      if (this.#failure) log.info('the container engine answers');
      this.#failure = undefined;
      for (const uid of new Set([...before.keys(), ...next.keys()])) {
        if (before.get(uid) !== next.get(uid)) onChange(uid);
      }
      onRelist(new Set(next.keys()));
    } catch (error) {
      const failure = errorText(error);
      if (failure !== this.#failure) {
        log.warn(
          { error: failure },
          'the container engine does not answer; pods stay as they are, trying again each second',
        );
      }
      this.#failure = failure;
    }
  }
}
