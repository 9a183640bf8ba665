import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Minicloud, StoredObject } from '@edgecore/minicloud';
import { BUSYBOX_IMAGE } from '@edgecore/testing';
import type { Seeded } from './seeded.js';
import { testPod } from './test-pod.js';

export interface WorkloadOptions {
  readonly cloud: Minicloud;
  readonly node: string;
  readonly random: Seeded;
  /** At most so many pods. Default 4. */
  readonly slots?: number;
  /** Another name of the same image, for updates. */
  readonly otherImage: string;
  /** Directory for the marks that make probes fail. */
  readonly healthDir: string;
}

/** What one pod has been through. */
interface Life {
  revision: number;
  image: string;
  imageChanges: number;
  illnesses: number;
}

const CONFIG = 'workload';

/** Somebody who keeps creating, changing and deleting pods, by chance but the same for the same seed. */
export class Workload {
  readonly #options: WorkloadOptions;
  readonly #lives = new Map<string, Life>();
  #revision = 0;
  #steps = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  get steps(): number {
    return this.#steps;
  }

  /** How often a pod's containers may have been restarted: once per change of their image, once per failed probe. */
  restartsAllowed(uid: string): number {
    const life = this.#lives.get(uid);
    return life ? life.imageChanges + life.illnesses : 0;
  }

  /** Probes that were made to fail. */
  get illnesses(): number {
    return [...this.#lives.values()].reduce((sum, { illnesses }) => sum + illnesses, 0);
  }

  async step(): Promise<void> {
    const { cloud, random, slots = 4 } = this.#options;
    this.#steps += 1;
    if (this.#revision === 0 || random.below(6) === 0) await this.#changeConfig();
    const name = `w${random.below(slots)}`;
    const pod = cloud.get('Pod', 'default', name);
    if (!pod) await this.#create(name);
    else if (pod.metadata.deletionTimestamp) return;
    else if (random.below(3) === 0) await cloud.delete('Pod', 'default', name);
    else if (hasProbe(name) && random.below(2) === 0) await this.#makeIll(pod);
    else await this.#update(pod);
  }

  async #changeConfig(): Promise<void> {
    this.#revision += 1;
    await this.#options.cloud.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: CONFIG, namespace: 'default' },
      data: { revision: String(this.#revision) },
    });
  }

  async #create(name: string): Promise<void> {
    const life: Life = { revision: 1, image: BUSYBOX_IMAGE, imageChanges: 0, illnesses: 0 };
    const { metadata } = await this.#options.cloud.apply(this.#pod(name, life));
    this.#lives.set(metadata.uid, life);
  }

  async #update({ metadata: { uid, name } }: StoredObject): Promise<void> {
    const life = this.#lives.get(uid);
    if (!life) return;
    life.revision += 1;
    // Once per pod: then a restart count above one is wrong, however the changes were merged.
    if (life.imageChanges === 0 && this.#options.random.below(3) === 0) {
      life.image = this.#options.otherImage;
      life.imageChanges += 1;
    }
    await this.#options.cloud.apply(this.#pod(name, life));
  }

  /** Once per pod: a second failure would meet the back-off. */
  async #makeIll({ metadata: { uid, name } }: StoredObject): Promise<void> {
    const life = this.#lives.get(uid);
    if (!life || life.illnesses > 0) return;
    life.illnesses += 1;
    const directory = this.#health(name);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'ill'), '');
  }

  /** Pods whose failing probe has had no consequence yet: a new start of the container takes the mark away. */
  async stillIll(): Promise<string[]> {
    const names = this.#options.cloud.pods().map(({ metadata }) => metadata.name);
    const marks = await Promise.all(
      names.map((name) =>
        stat(join(this.#health(name), 'ill')).then(
          () => name,
          () => undefined,
        ),
      ),
    );
    return marks.filter((name) => name !== undefined);
  }

  #health(name: string): string {
    return join(this.#options.healthDir, name);
  }

  #pod(name: string, { revision, image }: Life) {
    return testPod({
      name,
      image,
      node: this.#options.node,
      labels: { revision: String(revision) },
      containers: Number(name.slice(1)) % 2 === 0 ? ['main'] : ['main', 'side'],
      configMap: CONFIG,
      ...(hasProbe(name) && { health: this.#health(name) }),
    });
  }
}

/** Every second pod, with one container and with two. */
function hasProbe(name: string): boolean {
  return Number(name.slice(1)) >= 2;
}
