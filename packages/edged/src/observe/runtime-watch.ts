import { errorText, type Logger } from '@edgecore/api';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import { type Clock, pause } from '../ports/clock.js';

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
    let stream: Promise<void> | undefined;
    while (!signal.aborted) {
      // Listening starts before listing, so that nothing falls between.
      stream ??= this.#listen(signal).finally(() => {
        stream = undefined;
      });
      await this.#relist();
      const isUp = this.#streaming && !this.#failure;
      await this.#wait(isUp ? relistMs : relistWhileDownMs, isUp ? stream : undefined, signal);
    }
    await stream;
  }

  /** Waits; when the stream ends meanwhile, only a moment more. */
  async #wait(ms: number, stream: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
    const { clock, relistWhileDownMs = 1000 } = this.#options;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const rest = (delayMs: number) => pause(clock, delayMs, either).catch(() => undefined);
    const afterStream = stream?.then(() => rest(relistWhileDownMs));
    await Promise.race([rest(ms), ...(afterStream ? [afterStream] : [])]);
    over.abort();
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
