import { createHash } from 'node:crypto';
import { EdgeCoreError } from '@edgecore/api';
import { ImagePullError } from '../../errors.js';
import type { ImageReference } from '../../image-reference.js';
import type { PullOptions, RegistryAuth } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import { EngineError } from '../client/engine-error.js';
import { pullError } from './pull-error.js';
import { readPull } from './pull-stream.js';
import { registryAuthHeader } from './registry-auth.js';

const DEFAULT_PROGRESS_DEADLINE_MS = 60_000;

interface SharedPull {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

/** Pulls images; equal pulls under way are one. */
export class ImagePuller {
  readonly #client: EngineClient;
  readonly #underWay = new Map<string, SharedPull>();

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /** @throws {ImagePullError} @throws {RuntimeUnavailableError} @throws the abort reason. */
  async pull(
    reference: ImageReference,
    { auths = [], progressDeadlineMs, signal }: PullOptions,
  ): Promise<void> {
    signal?.throwIfAborted();
    const shared = this.#join(reference, auths, progressDeadlineMs ?? DEFAULT_PROGRESS_DEADLINE_MS);
    shared.waiting++;
    let leave = () => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      const onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      leave = () => signal?.removeEventListener('abort', onAbort);
    });
    try {
      await Promise.race([shared.done, aborted]);
    } finally {
      leave();
      // The last one who waited takes the pull with them.
      if (--shared.waiting === 0) shared.controller.abort(new Error('nobody waits for this pull any more'));
    }
  }

  #join(reference: ImageReference, auths: readonly RegistryAuth[], deadlineMs: number): SharedPull {
    // Whoever may pull by one secret must not get the result of another's.
    const key = `${reference.full} ${createHash('sha256').update(JSON.stringify(auths)).digest('hex')}`;
    const known = this.#underWay.get(key);
    if (known && !known.controller.signal.aborted) return known;
    const controller = new AbortController();
    const shared: SharedPull = {
      controller,
      waiting: 0,
      done: this.#tryInTurn(reference, auths, deadlineMs, controller.signal).finally(() => {
        if (this.#underWay.get(key) === shared) this.#underWay.delete(key);
      }),
    };
    shared.done.catch(() => {});
    this.#underWay.set(key, shared);
    return shared;
  }

  async #tryInTurn(
    reference: ImageReference,
    auths: readonly RegistryAuth[],
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const failures: ImagePullError[] = [];
    for (const auth of auths.length > 0 ? auths : [undefined]) {
      try {
        return await this.#pullOnce(reference, auth, deadlineMs, signal);
      } catch (error) {
        if (!(error instanceof ImagePullError)) throw error;
        failures.push(error);
        // Other credentials do not wake a registry that is down.
        if (error.reason === 'RegistryUnavailable') break;
      }
    }
    throw combined(failures);
  }

  async #pullOnce(
    reference: ImageReference,
    auth: RegistryAuth | undefined,
    deadlineMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const stalled = new AbortController();
    const deadline = setTimeout(() => stalled.abort(stall(reference, deadlineMs)), deadlineMs);
    try {
      const body = await this.#client.stream({
        method: 'POST',
        path: '/images/create',
        query: { fromImage: reference.full },
        ...(auth ? { headers: { 'x-registry-auth': registryAuthHeader(auth) } } : {}),
        signal: AbortSignal.any([signal, stalled.signal]),
        // The head only comes with the registry's first answer; the progress deadline covers it.
        timeoutMs: 0,
      });
      const failure = await readPull(body, () => deadline.refresh());
      if (failure !== undefined) throw pullError(reference.full, failure);
    } catch (error) {
      if (stalled.signal.aborted) throw stalled.signal.reason;
      if (signal.aborted) throw signal.reason;
      if (error instanceof EngineError) throw pullError(reference.full, error.message, error);
      throw error instanceof EdgeCoreError ? error : this.#client.broken(error);
    } finally {
      clearTimeout(deadline);
    }
  }
}

function stall(reference: ImageReference, deadlineMs: number): ImagePullError {
  return new ImagePullError(
    `context canceled: the pull of ${reference.full} made no progress for ${deadlineMs / 1000} s; check the link to ${reference.registry}`,
  );
}

function combined(failures: readonly ImagePullError[]): ImagePullError {
  const [first] = failures;
  const texts = [...new Set(failures.map(({ message }) => message))];
  if (first && texts.length === 1) return first;
  const reason = failures.at(-1)?.reason ?? 'ErrImagePull';
  return new ImagePullError(`[${texts.join(', ')}]`, reason, { cause: first });
}
