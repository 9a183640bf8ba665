import { errorText, hasCode } from '@edgecore/api';
import { podGraceMs } from '../act/kill.js';
import type { PodServices } from '../act/pod-services.js';
import { forgetPod } from '../gc/forget-pod.js';
import type { Pod, PodStatus } from '../kube-types.js';
import { observePod } from '../observe/observed-pod.js';
import type { Held } from '../plan/step.js';
import type { PodSnapshot, StatusSink } from '../ports/status-sink.js';
import { endPod } from './end-pod.js';
import { podIdentity } from './pod-paths.js';
import { PodState } from './pod-state.js';
import { SerialTask } from './serial-task.js';
import { syncPod } from './sync-pod.js';

export interface PodWorkerOptions {
  readonly services: PodServices;
  readonly sink: StatusSink;
  /** Reason to refuse a pod that was never taken in. May wait for pods that came before. */
  admit(pod: Pod): Promise<Held | undefined>;
  /** Containers, volumes, files and records are gone. */
  onForgotten(pod: Pod): void;
}

/** How a pod is to be ended. */
export interface EndRequest {
  /** Overrides the pod's grace period. */
  readonly graceMs?: number;
  /** The cloud does not know it any more: no handshake, remove everything. */
  readonly forget: boolean;
}

/** Everything that is done for one pod uid, one thing at a time (edged.md §4). */
export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #state: PodState;
  readonly #task: SerialTask;
  #stage: PodSnapshot['stage'] | 'forgotten' = 'syncing';
  #end: EndRequest | undefined;
  #recalled = false;
  #admitted = false;
  #decide: () => void = () => {};
  /** Resolves once it is known whether the pod is taken in, or when that does not matter any more. */
  readonly decided = new Promise<void>((resolve) => {
    this.#decide = resolve;
  });
  /** Ends the step under way. */
  #abort = new AbortController();

  /** Does nothing until {@link poke}. */
  constructor(pod: Pod, options: PodWorkerOptions) {
    this.#options = options;
    this.#task = new SerialTask(options.services.clock, () => this.#run());
    this.#state = new PodState(pod, options.services, () => this.#task.request());
    if (pod.metadata.deletionTimestamp) this.#beginEnd({ forget: false });
  }

  get pod(): Pod {
    return this.#state.pod;
  }

  /** Whether it takes up room on the node: it was taken in, now or by an earlier run, and is not over. */
  get takesRoom(): boolean {
    const { failure, status, previous } = this.#state;
    const phase = status?.phase ?? previous?.phase;
    if (failure || phase === 'Failed' || phase === 'Succeeded' || this.#stage === 'terminated') return false;
    return this.#admitted || previous?.startTime !== undefined;
  }

  /** The cloud does not know this uid any more; what is left here goes. */
  get isLeaving(): boolean {
    return this.#end?.forget ?? false;
  }

  snapshot(): PodSnapshot {
    const stage = this.#stage === 'forgotten' ? 'terminated' : this.#stage;
    return { pod: this.pod, status: this.#state.status, stage };
  }

  /** Takes a newer object of the same uid. */
  update(pod: Pod): void {
    this.#state.pod = this.#usable(pod);
    if (pod.metadata.deletionTimestamp) this.#beginEnd({ forget: false });
    this.#task.request();
  }

  /** What runs goes on with the spec it has when the newer one cannot be worked with. */
  #usable({ problems, ...pod }: Pod): Pod {
    if (!problems) return pod;
    if (this.pod.problems) return { ...pod, problems };
    const { events, log } = this.#options.services;
    const { namespace, name } = pod.metadata;
    log.warn({ namespace, pod: name, problems }, 'a changed spec cannot be worked with and is ignored');
    events({ pod: this.pod, type: 'Warning', reason: 'FailedValidation', message: problems.join('; ') });
    return { ...pod, spec: this.pod.spec };
  }

  /** Look at the pod again. */
  poke(): void {
    this.#task.request();
  }

  end(request: EndRequest): void {
    this.#beginEnd(request);
    this.#task.request();
  }

  /** Makes the pod `Failed` for good (eviction). False: it is over or being ended and stays as it is. */
  fail(failure: Held, graceMs?: number): boolean {
    if (this.#state.finished || this.#stage !== 'syncing') return false;
    this.#state.failure = failure;
    this.#state.killGraceMs = graceMs;
    // It may be waiting for an image or a volume.
    this.#abort.abort(new Error('the pod is evicted'));
    this.#task.request();
    return true;
  }

  /** Stops working; containers keep running. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('edged stops'));
    this.#state.probes.stop();
    this.#decide();
    await this.#task.close();
  }

  #beginEnd(request: EndRequest): void {
    const before = this.#end;
    const forget = request.forget || (before?.forget ?? false);
    const graceMs = request.graceMs ?? podGraceMs(this.pod);
    const shorter = before?.graceMs === undefined || graceMs < before.graceMs;
    this.#end = { forget, graceMs: shorter ? graceMs : before.graceMs! };
    this.#decide();
    if (this.#stage === 'syncing') {
      this.#stage = 'terminating';
      this.#abort.abort(new Error('the pod is being ended'));
    } else if (before && shorter && this.#stage === 'terminating') {
      void this.#hurry(graceMs);
    }
  }

  /** A stop with a longer grace period is under way: a second one with less shortens it. */
  async #hurry(graceMs: number): Promise<void> {
    const { runtime, terms, log } = this.#options.services;
    try {
      const { containers } = await observePod(runtime, this.pod.metadata.uid);
      const running = containers.filter(({ state }) => state === 'running');
      await Promise.all(
        running.map(({ id }) => runtime.stopContainer(id, Math.max(terms.minimumGraceMs, graceMs))),
      );
    } catch (error) {
      log.debug({ pod: this.pod.metadata.name, error: errorText(error) }, 'a stop could not be shortened');
    }
  }

  async #run(): Promise<number | undefined> {
    if (this.#stage === 'forgotten') return undefined;
    const { log, terms } = this.#options.services;
    const { namespace, name } = this.pod.metadata;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      await this.#recall();
      if (this.#end) return await this.#finish(this.#end, signal);
      await this.#admit();
      signal.throwIfAborted();
      return await syncPod(this.#state, this.#options.services, (status) => this.#publish(status), signal);
    } catch (error) {
      // Whoever aborted has asked for the next run.
      if (signal.aborted) return undefined;
      const expected = hasCode(error, 'ERR_VOLUME') || hasCode(error, 'ERR_RUNTIME_UNAVAILABLE');
      log[expected ? 'debug' : 'warn'](
        { namespace, pod: name, error: errorText(error) },
        'pod sync failed; it is tried again',
      );
      return terms.retryMs;
    }
  }

  async #recall(): Promise<void> {
    if (this.#recalled) return;
    await this.#state.recall();
    this.#recalled = true;
  }

  async #admit(): Promise<void> {
    if (this.#admitted) return;
    // What has a start time was taken in before: by an earlier run of this agent.
    const known = this.#state.failure || (this.#state.previous?.startTime && !this.pod.problems);
    const refusal = known ? undefined : await this.#options.admit(this.pod);
    if (refusal) {
      this.#state.failure = refusal;
      this.#options.services.events({ pod: this.pod, type: 'Warning', ...refusal });
    }
    this.#admitted = true;
    this.#decide();
  }

  /** What the cloud has deleted must not be heard of again: the 2020 cloud would give it to a pod of that name. */
  async #publish(status: PodStatus): Promise<void> {
    if (this.isLeaving) return;
    await this.#state.keep(status);
    this.#options.sink.podStatus(this.pod, status);
  }

  async #finish({ forget, graceMs }: EndRequest, signal: AbortSignal): Promise<number | undefined> {
    const { services, sink, onForgotten } = this.#options;
    const publish = (current: PodStatus) => this.#publish(current);
    const { observed, status } = await endPod(this.#state, services, graceMs, publish, signal);
    if (this.#end?.forget || forget) {
      await forgetPod(podIdentity(this.pod), observed, services);
      this.#stage = 'forgotten';
      sink.podForgotten(this.pod.metadata.uid);
      onForgotten(this.pod);
      return undefined;
    }
    if (this.#stage !== 'terminated') {
      this.#stage = 'terminated';
      await this.#state.keep(status);
      sink.podTerminated(this.pod, status);
    }
    return undefined;
  }
}
