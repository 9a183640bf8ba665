import { errorText } from '@edgecore/api';
import type { ServerSettings, ServerSource } from '../server-options.js';
import { type NodeSample, readNode } from './node-sample.js';
import { type PodSample, podTotals, samplePods } from './pod-samples.js';
import { CpuRates } from './rates.js';

/** One look at the node and its pods. */
export interface Sample {
  readonly node: NodeSample;
  readonly pods: readonly PodSample[];
  /** Why the engine could not be asked; then there are no pods. */
  readonly problem?: string;
  /** Nanoseconds of CPU time per second by container id, pod uid, `node` and `pods`; absent while unknown. */
  readonly rates: ReadonlyMap<string, number>;
}

/** Scrapers that come within this time get one answer; those that come while it is made too. */
const FRESH_MS = 1000;

/** Takes samples for whoever asks, and none when nobody does. */
export class Sampler {
  readonly #rates = new CpuRates();
  #last: { readonly at: number; readonly sample: Promise<Sample> } | undefined;
  #isUnderWay = false;

  constructor(
    private readonly source: ServerSource,
    private readonly settings: ServerSettings,
  ) {}

  take(): Promise<Sample> {
    const now = this.source.clock.now();
    // An engine that is slow must not be asked everything again meanwhile.
    if (!this.#last || (!this.#isUnderWay && now - this.#last.at >= FRESH_MS)) {
      this.#isUnderWay = true;
      const sample = this.#take(now).finally(() => {
        this.#isUnderWay = false;
      });
      this.#last = { at: now, sample };
    }
    return this.#last.sample;
  }

  async #take(now: number): Promise<Sample> {
    const { runtime } = this.source;
    let problem: string | undefined;
    const [node, pods] = await Promise.all([
      readNode(this.settings.host, now),
      samplePods(runtime, this.source.pods()).catch((error: unknown): PodSample[] => {
        problem = errorText(error);
        return [];
      }),
    ]);
    return { node, pods, rates: this.#note(node, pods), ...(problem !== undefined && { problem }) };
  }

  #note(node: NodeSample, pods: readonly PodSample[]): Map<string, number> {
    const rates = new Map<string, number>();
    const ids = new Set<string>();
    const note = (id: string, time: number, nanoseconds: bigint) => {
      ids.add(id);
      const rate = this.#rates.note(id, time, nanoseconds);
      if (rate !== undefined) rates.set(id, rate);
    };
    note('node', node.time, node.cpuNanoseconds);
    let sum = 0;
    for (const pod of pods) {
      for (const { container, stats } of pod.containers) note(container.id, stats.time, stats.cpuNanoseconds);
      const totals = podTotals(pod);
      if (totals) note(pod.identity.uid, totals.time, totals.cpuNanoseconds);
      sum += rates.get(pod.identity.uid) ?? 0;
    }
    if (rates.has('node')) rates.set('pods', sum);
    this.#rates.keep(ids);
    return rates;
  }
}
