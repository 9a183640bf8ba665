import { join } from 'node:path';
import type { CloudProfileName } from '@edgecore/api';
import { BUSYBOX_IMAGE, docker } from '@edgecore/testing';
import { containersOf, EdgeSite } from './edge-site.js';
import { confirmedObjects, disagreements, lostObjects } from './node-check.js';
import { Seeded } from './seeded.js';
import { Workload } from './workload.js';

export interface KillStormOptions {
  readonly engine: 'docker' | 'process';
  readonly profile: CloudProfileName;
  readonly kills: number;
  readonly seed: number;
  /** Kills between checks. Default 3. */
  readonly batch?: number;
  /** How long the node may take to converge. Default 30 000 ms. */
  readonly convergeMs?: number;
}

export interface KillStormReport {
  readonly kills: number;
  readonly steps: number;
  /** Kills before the agent said it runs. */
  readonly killedWhileStarting: number;
  /** Confirmations of objects that were looked for in the database of a killed agent. */
  readonly acknowledged: number;
  /** Restarts of containers the workload caused by a new image or a failing probe. */
  readonly restarts: number;
  /** Probes the workload made fail. */
  readonly illnesses: number;
  readonly convergedMs: readonly number[];
  readonly totalMs: number;
}

/** Second name of the test image, for updates. */
const OTHER_IMAGE = 'edgecore-test/busybox:2';

/**
 * Kills the agent again and again while pods come, change and go, and checks
 * after each batch that everything fits.
 * @throws with every disagreement.
 */
export async function killStorm(options: KillStormOptions): Promise<KillStormReport> {
  const { engine, profile, seed } = options;
  if (engine === 'docker') await docker('tag', BUSYBOX_IMAGE, OTHER_IMAGE);
  const site = await EdgeSite.open({ engine, profile });
  try {
    return await new KillStorm(site, new Seeded(seed), options).run();
  } finally {
    await site.close();
  }
}

class KillStorm {
  readonly #site: EdgeSite;
  readonly #random: Seeded;
  readonly #options: KillStormOptions;
  readonly #workload: Workload;
  readonly #convergedMs: number[] = [];
  /** By pod and container. */
  readonly #restarts = new Map<string, number>();
  #killedWhileStarting = 0;
  #acknowledged = 0;

  constructor(site: EdgeSite, random: Seeded, options: KillStormOptions) {
    this.#site = site;
    this.#random = random;
    this.#options = options;
    this.#workload = new Workload({
      cloud: site.cloud,
      node: site.node,
      random,
      otherImage: OTHER_IMAGE,
      healthDir: join(site.dir, 'health'),
    });
  }

  async run(): Promise<KillStormReport> {
    const { kills, batch = 3 } = this.#options;
    const began = Date.now();
    this.#site.startAgent();
    await this.#site.nodeReady('True');
    for (let kill = 1; kill <= kills; kill += 1) {
      await this.#disturb(this.#random.below(2000));
      await this.#kill();
      // The cloud goes on while the node is down.
      await this.#disturb(this.#random.below(300));
      this.#site.startAgent();
      if (kill % batch === 0 || kill === kills) await this.#converge();
    }
    await this.#empty();
    return {
      kills,
      restarts: [...this.#restarts.values()].reduce((sum, count) => sum + count, 0),
      illnesses: this.#workload.illnesses,
      steps: this.#workload.steps,
      acknowledged: this.#acknowledged,
      killedWhileStarting: this.#killedWhileStarting,
      convergedMs: this.#convergedMs,
      totalMs: Date.now() - began,
    };
  }

  /** Changes pods for a while. */
  async #disturb(durationMs: number): Promise<void> {
    const end = Date.now() + durationMs;
    do {
      await this.#workload.step();
      await pause(Math.max(0, Math.min(this.#random.below(250), end - Date.now())));
    } while (Date.now() < end);
  }

  async #kill(): Promise<void> {
    if (!this.#site.agent.output.includes('edgecore runs as node')) this.#killedWhileStarting += 1;
    await this.#site.killAgent();
    this.#acknowledged += confirmedObjects(this.#site).length;
    const lost = lostObjects(this.#site);
    if (lost.length > 0) throw new Error(`acknowledged and lost:\n${lost.join('\n')}`);
  }

  /** Waits until everything fits, and still does a moment later. */
  async #converge(): Promise<void> {
    const { convergeMs = 30_000 } = this.#options;
    const began = Date.now();
    for (let fits = 0; fits < 2; ) {
      const ill = (await this.#workload.stillIll()).map(
        (name) => `${name} was not restarted when its probe failed`,
      );
      const problems = [...(await disagreements(this.#site)), ...ill];
      fits = problems.length === 0 ? fits + 1 : 0;
      if (fits === 1) this.#convergedMs.push(Date.now() - began);
      if (Date.now() - began > convergeMs) {
        throw new Error(
          `no agreement after ${convergeMs} ms:\n${problems.join('\n')}\n\n${this.#lastWords()}`,
        );
      }
      await pause(fits === 0 ? 50 : 300);
    }
    this.#countRestarts();
  }

  /** Deletes every pod; nothing may be left of any. */
  async #empty(): Promise<void> {
    for (const { metadata } of this.#site.cloud.pods()) {
      if (!metadata.deletionTimestamp) await this.#site.cloud.delete('Pod', 'default', metadata.name);
    }
    for (const { metadata } of this.#site.cloud.pods()) await this.#site.podGone(metadata.name);
    await this.#converge();
  }

  /** @throws when a container was restarted that nobody changed. */
  #countRestarts(): void {
    for (const pod of this.#site.cloud.pods()) {
      const { uid, name } = pod.metadata;
      for (const { name: container, restartCount } of containersOf(pod)) {
        this.#restarts.set(`${uid} ${container}`, restartCount);
        if (restartCount <= this.#workload.restartsAllowed(uid)) continue;
        throw new Error(`${name}/${container} was restarted ${restartCount} times\n\n${this.#lastWords()}`);
      }
    }
  }

  #lastWords(): string {
    return this.#site.agent.output.slice(-6000);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
