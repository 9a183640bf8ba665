import { createHash } from 'node:crypto';
import { errorText, hasCode } from '@edgecore/api';
import type { ContainerRuntime, Image, RegistryAuth } from '@edgecore/container-runtime';
import { Backoff, type BackoffOptions } from '../backoff/backoff.js';
import { ContainerHeldError } from '../errors.js';
import type { Container, Pod } from '../kube-types.js';
import type { Clock } from '../ports/clock.js';
import type { PodEventListener } from '../ports/pod-events.js';
import { applyDefaultTag } from './image-name.js';
import { PullQueue } from './pull-queue.js';
import { matchingCredentials } from './registry-credentials.js';

export interface ImagePullerOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly events: PodEventListener;
  readonly backoff?: BackoffOptions;
  /** One pull at a time. Default true. */
  readonly serialize?: boolean;
  /** Abort a pull without progress. Default 60 000 ms. */
  readonly progressDeadlineMs?: number;
}

/** Gets images by pull policy, with a back-off per pod and image (edged.md §8). */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  readonly #backoff: Backoff;
  readonly #lastError = new Map<string, string>();
  readonly #queue = new PullQueue();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /**
   * The image to run, `undefined` when this engine has no images.
   *
   * @throws {ContainerHeldError} with the waiting reason: `ErrImagePull`,
   *   `ImagePullBackOff`, `ErrImageNeverPull`, `InvalidImageName`, `RegistryUnavailable`.
   */
  async ensure(
    pod: Pod,
    container: Container,
    auths: readonly RegistryAuth[],
    signal?: AbortSignal,
  ): Promise<Image | undefined> {
    const { runtime, events } = this.#options;
    if (!runtime.capabilities.images) return undefined;
    const image = container.image ?? '';
    const reference = applyDefaultTag(image);
    const present = await runtime.imageStatus(reference);
    const emit = (type: 'Normal' | 'Warning', reason: string, message: string) =>
      events({ pod, container: container.name, type, reason, message });
    if (present && container.imagePullPolicy !== 'Always') {
      emit('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      return present;
    }
    if (container.imagePullPolicy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      emit('Warning', 'ErrImageNeverPull', message);
      throw new ContainerHeldError('ErrImageNeverPull', message);
    }
    const key = `${pod.metadata.uid}_${image}`;
    if (this.#backoff.remainingSinceUpdateMs(key, this.#options.clock.now()) > 0) {
      emit('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      throw new ContainerHeldError(
        'ImagePullBackOff',
        `Back-off pulling image "${image}": ErrImagePull: ${this.#lastError.get(key) ?? ''}`,
      );
    }
    emit('Normal', 'Pulling', `Pulling image "${image}"`);
    try {
      const pulled = await this.#pull(reference, auths, signal);
      this.#forgetKey(key);
      emit('Normal', 'Pulled', `Successfully pulled image "${image}"`);
      return pulled;
    } catch (error) {
      if (signal?.aborted) throw error;
      if (hasCode(error, 'ERR_RUNTIME_UNAVAILABLE')) throw error;
      this.#backoff.next(key, this.#options.clock.now());
      this.#lastError.set(key, errorText(error));
      emit('Warning', 'Failed', `Failed to pull image "${image}": ${errorText(error)}`);
      throw new ContainerHeldError(waitingReason(error), errorText(error), { cause: error });
    }
  }

  /** Milliseconds until a failed pull for this pod may be tried again, `undefined` without one. */
  retryAfterMs({ metadata, spec }: Pod): number | undefined {
    const now = this.#options.clock.now();
    const waits = [...spec.containers, ...(spec.initContainers ?? [])]
      .map(({ image }) => this.#backoff.remainingSinceUpdateMs(`${metadata.uid}_${image ?? ''}`, now))
      .filter((ms) => ms > 0);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  /** Forgets everything about a pod. */
  forget(uid: string): void {
    this.#backoff.forget(`${uid}_`);
    for (const key of this.#lastError.keys()) if (key.startsWith(`${uid}_`)) this.#lastError.delete(key);
  }

  #forgetKey(key: string): void {
    this.#backoff.forget(key);
    this.#lastError.delete(key);
  }

  #pull(reference: string, auths: readonly RegistryAuth[], signal?: AbortSignal): Promise<Image> {
    const { runtime, serialize = true, progressDeadlineMs } = this.#options;
    const matching = matchingCredentials(reference, auths);
    const pull = () =>
      runtime.pullImage(reference, {
        auths: matching,
        ...(progressDeadlineMs !== undefined && { progressDeadlineMs }),
        ...(signal && { signal }),
      });
    if (!serialize) return pull();
    return this.#queue.run(pullKey(reference, matching), pull, signal);
  }
}

/** As the runtime tells equal pulls: other credentials make another pull. */
function pullKey(reference: string, auths: readonly RegistryAuth[]): string {
  return `${reference} ${createHash('sha256').update(JSON.stringify(auths)).digest('hex')}`;
}

function waitingReason(error: unknown): string {
  if (hasCode(error, 'ERR_INVALID_IMAGE_NAME')) return 'InvalidImageName';
  const reason = (error as { reason?: unknown } | undefined)?.reason;
  return hasCode(error, 'ERR_IMAGE_PULL') && typeof reason === 'string' ? reason : 'ErrImagePull';
}
