import { type CloudLink, errorText, hasCode, type Logger } from '@edgecore/api';
import type { NodeClient, PodClient } from '@edgecore/metaclient';
import type { Pod, PodStatus } from '../kube-types.js';
import { type PodReference, parsePod } from '../pods/parse-pod.js';
import { SerialTask } from '../pods/serial-task.js';
import type { Clock } from '../ports/clock.js';
import type { PodSource, StatusSink } from '../ports/status-sink.js';
import { outcomeOf } from '../report/outcome.js';
import { mirrorPod, mirrorStep, mirrors } from './mirror-pod.js';

/** What mirrors ask of MetaManager; a `MetaClient` fits. */
export interface MirrorApi {
  readonly pods: Pick<PodClient, 'create' | 'delete'>;
  readonly node: Pick<NodeClient, 'get'>;
}

export interface MirrorPodsOptions {
  readonly nodeName: string;
  readonly link: CloudLink;
  readonly clock: Clock;
  readonly log: Logger;
  /** `undefined`: there is no cloud to mirror to. */
  readonly api: MirrorApi | undefined;
  /** Where the statuses of all pods go, those of static pods under the uid of their mirror. */
  readonly sink: StatusSink;
  /** First wait before something is repeated; doubles up to `retryMaxMs`. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

/** Uids kept of mirrors that were deleted here and may be pushed once more. */
const MAX_DELETED = 200;

/**
 * Shows the static pods to a cloud that takes mirror pods, and keeps the
 * cloud's changes to mirrors away from the pods themselves (edged.md §3.4).
 * Stands between the pod workers and the {@link StatusSink}.
 */
export class MirrorPods implements StatusSink {
  readonly #options: MirrorPodsOptions;
  readonly #task: SerialTask;
  readonly #end = new AbortController();
  /** Static pods and mirrors by `ns/name`. */
  #wanted = new Map<string, Pod>();
  readonly #mirrors = new Map<string, Pod>();
  /** Newest status by uid of every static pod that is worked on. */
  readonly #statuses = new Map<string, PodStatus | undefined>();
  readonly #deleted = new Set<string>();
  #complete = false;
  #delayMs: number;

  constructor(options: MirrorPodsOptions) {
    this.#options = options;
    this.#delayMs = options.retryMs;
    this.#task = new SerialTask(options.clock, () => this.#reconcile());
  }

  /** Works until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#options.link.onChange(() => this.#task.request());
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    unsubscribe();
    this.#end.abort(new Error('edged stops'));
    await this.#task.close();
  }

  /** The static pods there are now. @param complete None of them is unknown: other mirrors are left over. */
  wanted(pods: readonly Pod[], complete: boolean): void {
    this.#wanted = new Map(pods.map((pod) => [nameOf(pod.metadata), pod]));
    this.#complete = complete;
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of uids) if (!this.#statuses.has(uid)) this.#statuses.set(uid, undefined);
    // What never had a status and is leaving will not get one.
    for (const [uid, status] of this.#statuses) {
      if (status === undefined && !uids.has(uid)) this.#statuses.delete(uid);
    }
    this.#task.request();
  }

  /** Has a static pod this name? The cloud's pod of that name is its mirror or nothing. */
  isStatic(metadata: { readonly namespace: string; readonly name: string }): boolean {
    return this.#wanted.has(nameOf(metadata));
  }

  /** A mirror as the cloud or the database has it. */
  observe(mirror: Pod): void {
    const { uid } = mirror.metadata;
    if (this.#deleted.has(uid)) return;
    const name = nameOf(mirror.metadata);
    const before = this.#mirrors.get(name);
    if (before && before.metadata.uid !== uid) this.#options.sink.podForgotten(before.metadata.uid);
    this.#mirrors.set(name, mirror);
    const pod = this.#wanted.get(name);
    const status = pod && this.#statuses.get(pod.metadata.uid);
    if (status && mirrors(mirror, pod)) this.#options.sink.podStatus(mirror, status);
    this.#task.request();
  }

  /** The cloud deleted something. True when that was a mirror: no pod ends for it. */
  cloudDeleted({ namespace, name, uid }: PodReference): boolean {
    const key = nameOf({ namespace, name });
    const mirror = this.#mirrors.get(key);
    if (mirror && (uid === '' || uid === mirror.metadata.uid)) this.#forget(mirror);
    this.#task.request();
    return mirror !== undefined || this.#wanted.has(key) || this.#deleted.has(uid);
  }

  podStatus(pod: Pod, status: PodStatus): void {
    if (!this.#statuses.has(pod.metadata.uid)) {
      this.#options.sink.podStatus(pod, status);
      return;
    }
    this.#statuses.set(pod.metadata.uid, status);
    const mirror = this.#mirrors.get(nameOf(pod.metadata));
    if (mirror && mirrors(mirror, pod)) this.#options.sink.podStatus(mirror, status);
  }

  podTerminated(pod: Pod, status: PodStatus): void {
    if (this.#statuses.has(pod.metadata.uid)) this.podStatus(pod, status);
    else this.#options.sink.podTerminated(pod, status);
  }

  podForgotten(uid: string): void {
    if (!this.#statuses.delete(uid)) this.#options.sink.podForgotten(uid);
  }

  /** The pods as the cloud knows them: a report about a mirror is one about its pod. */
  source(pods: PodSource): PodSource {
    return {
      pods: () => pods.pods(),
      holds: (uid) => (this.#mirrorOf(uid) ? this.#isShown(uid) : pods.holds(uid)),
      podGone: (uid) => {
        const mirror = this.#mirrorOf(uid);
        if (!mirror) return pods.podGone(uid);
        this.#forget(mirror);
        this.#task.request();
      },
    };
  }

  #mirrorOf(uid: string): Pod | undefined {
    return [...this.#mirrors.values()].find(({ metadata }) => metadata.uid === uid);
  }

  #isShown(uid: string): boolean {
    const mirror = this.#mirrorOf(uid)!;
    const pod = this.#wanted.get(nameOf(mirror.metadata));
    return pod !== undefined && mirrors(mirror, pod);
  }

  #forget(mirror: Pod): void {
    this.#mirrors.delete(nameOf(mirror.metadata));
    this.#options.sink.podForgotten(mirror.metadata.uid);
  }

  /** @returns after how many milliseconds to try again. */
  async #reconcile(): Promise<number | undefined> {
    const { link, api, retryMs, retryMaxMs } = this.#options;
    if (!api || !link.connected || !link.profile?.hasModernResources) return undefined;
    let failed = false;
    for (const name of new Set([...this.#wanted.keys(), ...this.#mirrors.keys()])) {
      if (this.#end.signal.aborted) return undefined;
      if (!(await this.#settle(name, api))) failed = true;
    }
    const delayMs = this.#delayMs;
    this.#delayMs = failed ? Math.min(delayMs * 2, retryMaxMs) : retryMs;
    return failed ? delayMs : undefined;
  }

  /** Brings one name in order. False when that has to be tried again. */
  async #settle(name: string, api: MirrorApi): Promise<boolean> {
    const { nodeName, log } = this.#options;
    try {
      if (this.#step(name) === 'delete') await this.#delete(this.#mirrors.get(name)!, api);
      if (this.#step(name) === 'create') {
        const { metadata } = await api.node.get(nodeName, this.#end.signal);
        if (!metadata?.uid) throw new Error('the node is not registered yet');
        const pod = this.#wanted.get(name);
        if (!pod) return true;
        const created = await api.pods.create(
          mirrorPod(pod, { name: nodeName, uid: metadata.uid }),
          this.#end.signal,
        );
        this.observe(parsePod(created));
      }
      return true;
    } catch (error) {
      const level = hasCode(error, 'ERR_KUBE_STATUS') ? 'warn' : 'debug';
      log[level](
        { pod: name, error: errorText(error) },
        'the mirror of a static pod is not in order; trying again',
      );
      return false;
    }
  }

  #step(name: string) {
    return mirrorStep(this.#wanted.get(name), this.#mirrors.get(name), this.#complete);
  }

  async #delete(mirror: Pod, api: MirrorApi): Promise<void> {
    const { namespace, name, uid } = mirror.metadata;
    try {
      await api.pods.delete({ namespace, name, uid }, this.#end.signal);
    } catch (error) {
      if (outcomeOf(error) !== 'gone') throw error;
    }
    if (this.#deleted.size >= MAX_DELETED) this.#deleted.clear();
    this.#deleted.add(uid);
    // The cloud's own `delete` may have come first, and another mirror with it.
    if (this.#mirrors.get(nameOf(mirror.metadata))?.metadata.uid === uid) this.#forget(mirror);
  }
}

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
