import type { Clock } from '../ports/clock.js';
import { systemClock } from '../ports/clock.js';
import { type Host, systemHost } from './host.js';
import {
  judgePressure,
  NO_PRESSURE,
  type PressureCondition,
  type PressureMemory,
  type PressureVerdict,
} from './pressure.js';
import { readSamples } from './samples.js';
import { type EvictionThresholds, type ThresholdRule, thresholdRules } from './threshold-rules.js';

export interface NodePressureOptions {
  readonly thresholds: EvictionThresholds;
  /** The file system counted as `nodefs`. */
  readonly rootDirectory: string;
  /**
   * A directory on the file system counted as `imagefs`; asked until it is known. Default: `rootDirectory`. A
   * rejection leaves out the signals of `imagefs`.
   */
  readonly imageRoot?: () => Promise<string>;
  /** A condition is cleared this long after the pressure. Default 300 000 ms. */
  readonly pressureTransitionMs?: number;
  readonly host?: Host;
  readonly clock?: Clock;
}

/** How long the engine may take to tell where its images are. */
const IMAGE_ROOT_MS = 5000;

/**
 * Whether the node runs short of something. One of them is shared by who
 * reports the node's conditions and who evicts pods, so that both say the same.
 */
export class NodePressure {
  readonly #rules: readonly ThresholdRule[];
  readonly #host: Host;
  readonly #clock: Clock;
  #memory: PressureMemory = NO_PRESSURE;
  #conditions: ReadonlySet<PressureCondition> = new Set();
  #imageRoot: string | undefined;

  /** @throws {InvalidQuantityError} when a threshold cannot be read. */
  constructor(private readonly options: NodePressureOptions) {
    this.#rules = thresholdRules(options.thresholds);
    this.#host = options.host ?? systemHost;
    this.#clock = options.clock ?? systemClock;
    if (!options.imageRoot) this.#imageRoot = options.rootDirectory;
  }

  /** As last observed. */
  get conditions(): ReadonlySet<PressureCondition> {
    return this.#conditions;
  }

  /** False: there is nothing to watch. */
  get hasThresholds(): boolean {
    return this.#rules.length > 0;
  }

  /** Reads the machine's figures and judges them. */
  async observe(): Promise<PressureVerdict> {
    await this.#findImages();
    const samples = await readSamples(this.#host, this.options.rootDirectory, this.#imageRoot);
    const terms = { rules: this.#rules, transitionMs: this.options.pressureTransitionMs ?? 300_000 };
    const verdict = judgePressure(this.#memory, samples, terms, this.#clock.now());
    this.#memory = verdict.memory;
    this.#conditions = verdict.conditions;
    return verdict;
  }

  /** Whether images have a file system of their own; `false` while that is unknown. */
  async hasImageFileSystem(): Promise<boolean> {
    if (this.#imageRoot === undefined) return false;
    const [node, image] = await Promise.all([
      this.#host.fileSystem(this.options.rootDirectory),
      this.#host.fileSystem(this.#imageRoot),
    ]);
    return node !== undefined && image !== undefined && node.device !== image.device;
  }

  async #findImages(): Promise<void> {
    const { imageRoot } = this.options;
    if (this.#imageRoot !== undefined || !imageRoot) return;
    let cancel = () => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#clock.after(IMAGE_ROOT_MS, () => resolve(undefined));
    });
    this.#imageRoot = await Promise.race([imageRoot().catch(() => undefined), late]);
    cancel();
  }
}
