import type { PodServices } from '../act/pod-services.js';
import type { Pod } from '../kube-types.js';
import type { Held } from '../plan/step.js';
import type { PodSnapshot, PodSource, StatusSink } from '../ports/status-sink.js';
import { type AdmissionRules, admitPod } from './admission.js';
import type { PodReference } from './parse-pod.js';
import { PodWorker } from './pod-worker.js';

export interface PodWorkersOptions {
  readonly services: PodServices;
  readonly sink: StatusSink;
  admission(): AdmissionRules;
  /** Nothing of this uid is left. */
  readonly onForgotten?: (uid: string) => void;
}

/** The pods of this node: one worker per uid, one uid per name at a time (edged.md §3.1). */
export class PodWorkers implements PodSource {
  readonly #options: PodWorkersOptions;
  readonly #byUid = new Map<string, PodWorker>();
  /** Newest object of each name that must wait for an older uid to be gone. */
  readonly #waiting = new Map<string, Pod>();
  /** Resolves when every pod so far is taken in or refused. */
  #decided: Promise<void> = Promise.resolve();

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  pods(): readonly PodSnapshot[] {
    const waiting = [...this.#waiting.values()].map((pod) => ({
      pod,
      status: undefined,
      stage: 'syncing' as const,
    }));
    return [...[...this.#byUid.values()].map((worker) => worker.snapshot()), ...waiting];
  }

  holds(uid: string): boolean {
    const worker = this.#byUid.get(uid);
    return worker ? !worker.isLeaving : this.#isWaiting(uid);
  }

  /** Whether anything of this uid is still worked on, a pod that is leaving included. */
  worksOn(uid: string): boolean {
    return this.#byUid.has(uid) || this.#isWaiting(uid);
  }

  /** Insert and update mean the same. An older resource version never replaces a newer one. */
  upsert(pod: Pod): void {
    const { uid } = pod.metadata;
    const worker = this.#byUid.get(uid);
    if (worker) {
      if (!isOlder(pod, worker.pod)) worker.update(pod);
      return;
    }
    const name = nameOf(pod.metadata);
    const waiting = this.#waiting.get(name);
    if (waiting?.metadata.uid === uid && isOlder(pod, waiting)) return;
    const predecessor = this.#workerNamed(name);
    if (predecessor) {
      // Same name, new uid: the old one goes completely before the new one starts.
      this.#waiting.set(name, pod);
      predecessor.end({ forget: true });
      return;
    }
    this.#start(pod);
  }

  /** The cloud deleted it. False when no such pod is held. */
  remove({ namespace, name, uid }: PodReference, graceMs?: number): boolean {
    const key = nameOf({ namespace, name });
    const waiting = this.#waiting.get(key);
    if (waiting && (uid === '' || waiting.metadata.uid === uid)) {
      this.#waiting.delete(key);
      if (uid !== '') return true;
    }
    const worker = uid === '' ? this.#workerNamed(key) : this.#byUid.get(uid);
    if (!worker) return waiting !== undefined;
    worker.end({ forget: true, ...(graceMs !== undefined && { graceMs }) });
    return true;
  }

  /** Makes a pod `Failed` for good and kills its containers within `graceMs`. False: it is over already. */
  evict(uid: string, failure: Held, graceMs: number): boolean {
    return this.#byUid.get(uid)?.fail(failure, graceMs) ?? false;
  }

  podGone(uid: string): void {
    this.#byUid.get(uid)?.end({ forget: true });
  }

  poke(uid: string): void {
    this.#byUid.get(uid)?.poke();
  }

  pokeAll(): void {
    for (const worker of this.#byUid.values()) worker.poke();
  }

  /** Looks again at the pods of a namespace that use an object. */
  pokeUsers(namespace: string, uses: (pod: Pod) => boolean): void {
    for (const worker of this.#byUid.values()) {
      if (worker.pod.metadata.namespace === namespace && uses(worker.pod)) worker.poke();
    }
  }

  /** Ends all work; containers keep running. */
  async close(): Promise<void> {
    this.#waiting.clear();
    await Promise.all([...this.#byUid.values()].map((worker) => worker.close()));
  }

  #start(pod: Pod): void {
    const { services, sink, admission, onForgotten } = this.#options;
    const before = this.#decided;
    const worker = new PodWorker(pod, {
      services,
      sink,
      // One after the other: of two pods that exclude each other the first one gets the room.
      admit: async (candidate) => {
        await before;
        return admitPod(candidate, this.#active(candidate), admission());
      },
      onForgotten: ({ metadata }) => {
        this.#byUid.delete(metadata.uid);
        onForgotten?.(metadata.uid);
        const name = nameOf(metadata);
        const next = this.#waiting.get(name);
        this.#waiting.delete(name);
        if (next) this.#start(next);
      },
    });
    this.#decided = before.then(() => worker.decided);
    this.#byUid.set(pod.metadata.uid, worker);
    worker.poke();
  }

  /** Pods that take up room on the node besides this one. */
  #active({ metadata }: Pod): Pod[] {
    return [...this.#byUid.values()]
      .filter((worker) => worker.pod.metadata.uid !== metadata.uid && worker.takesRoom)
      .map(({ pod }) => pod);
  }

  #isWaiting(uid: string): boolean {
    return [...this.#waiting.values()].some(({ metadata }) => metadata.uid === uid);
  }

  #workerNamed(name: string): PodWorker | undefined {
    return [...this.#byUid.values()].find(({ pod }) => nameOf(pod.metadata) === name);
  }
}

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/** Resource versions are opaque, but every cloud here counts upwards. Unknown ones are news. */
function isOlder(next: Pod, current: Pod): boolean {
  const a = Number(next.metadata.resourceVersion);
  const b = Number(current.metadata.resourceVersion);
  return Number.isFinite(a) && Number.isFinite(b) && a < b;
}
