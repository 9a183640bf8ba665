import { type LocalPod, type LocalPods, localPodKey } from './model/local-pods.js';

/** Pods change in bursts, and are asked for after the last one of each. */
const SETTLE_MS = 50;

export interface LocalPodsWatchOptions {
  /** What the node knows of its own pods. */
  readonly ask: () => readonly LocalPod[];
  readonly everyMs: number;
  readonly onPods: (pods: LocalPods) => void;
}

/** Asks for the pods of this node: now and then, and soon after something happened to them. */
export class LocalPodsWatch {
  #turn: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(private readonly options: LocalPodsWatchOptions) {}

  start(): void {
    this.#turn = setInterval(() => this.look(), this.options.everyMs);
  }

  look(): void {
    const { ask, onPods } = this.options;
    onPods(new Map(ask().map((pod) => [localPodKey(pod.namespace, pod.name), pod])));
  }

  podsChanged(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.look();
    }, SETTLE_MS);
  }

  stop(): void {
    clearInterval(this.#turn);
    clearTimeout(this.#soon);
  }
}
