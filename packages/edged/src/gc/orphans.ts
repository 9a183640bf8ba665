import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '@edgecore/api';
import { killPod } from '../act/kill.js';
import type { PodServices } from '../act/pod-services.js';
import { observePod } from '../observe/observed-pod.js';
import { forgetPod } from './forget-pod.js';

export interface OrphanOptions {
  readonly services: PodServices;
  /** Is this uid a pod of this node? */
  holds(uid: string): boolean;
  /** Are there pods of this node nobody can name yet? Nothing unknown is collected meanwhile. */
  hasUnknown(): boolean;
}

interface NamedPod {
  readonly namespace: string;
  readonly name: string;
  readonly graceMs?: number | undefined;
}

/**
 * Removes what belongs to no pod of this node: containers, directories, logs
 * (edged.md §4.6). Does nothing until the pods are known; after a loss of the
 * database it leaves containers alone that no message has named (§3.2).
 */
export class Orphans {
  readonly #options: OrphanOptions;
  readonly #busy = new Set<string>();
  readonly #work = new Set<Promise<void>>();
  /** Pods that are not to be removed unless named: all found after a database loss. */
  readonly #adopted = new Set<string>();
  /** By `ns/name`: what a message named and the engine has not been asked for yet. */
  readonly #named = new Map<string, NamedPod>();
  #adoptNext: boolean;
  #enabled = false;

  /** @param adopt The database was lost: adopt what the first list shows. */
  constructor(options: OrphanOptions, adopt: boolean) {
    this.#options = options;
    this.#adoptNext = adopt;
  }

  /** The pods of this node are known from now on. */
  enable(): void {
    this.#enabled = true;
  }

  /** Are there containers that stay until a message names their pod? */
  get adopts(): boolean {
    return this.#adoptNext || this.#adopted.size > 0;
  }

  /** Looks at what the engine and the disk hold. */
  async collect(uids: ReadonlySet<string>): Promise<void> {
    if (!this.#enabled || this.#options.hasUnknown()) return;
    if (this.#adoptNext) {
      this.#adoptNext = false;
      for (const uid of uids) this.#adopted.add(uid);
    }
    const { services, holds } = this.#options;
    for (const uid of this.#adopted) if (holds(uid) || !uids.has(uid)) this.#adopted.delete(uid);
    for (const pod of this.#named.values()) await this.#removeNamed(pod);
    const candidates = new Set([...uids, ...(await services.volumes.directories())]);
    for (const uid of candidates) {
      if (!holds(uid) && !this.#adopted.has(uid)) this.remove(uid);
    }
    await this.#removeLogs(uids);
    await services.runtime.collectGarbage();
  }

  /** Removes everything of one uid in the background, once at a time; the next collection tries again. */
  remove(uid: string, graceMs?: number): void {
    if (this.#busy.has(uid)) return;
    this.#busy.add(uid);
    this.#adopted.delete(uid);
    const work = this.#remove(uid, graceMs).finally(() => {
      this.#busy.delete(uid);
      this.#work.delete(work);
    });
    this.#work.add(work);
  }

  /**
   * What the engine holds of this name and no worker holds goes, adopted or
   * not: it was deleted, or another uid has its name now. In the background;
   * an engine that does not answer is asked again with the next collection.
   */
  removeNamed(pod: NamedPod): void {
    this.#named.set(keyOf(pod), pod);
    if (!this.#enabled) return;
    const { log } = this.#options.services;
    const work = this.#removeNamed(pod)
      .catch((error: unknown) =>
        log.debug({ error: errorText(error) }, 'the container engine cannot be asked'),
      )
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async #removeNamed(pod: NamedPod): Promise<void> {
    const { runtime } = this.#options.services;
    const all = [...(await runtime.listSandboxes()), ...(await runtime.listContainers())];
    const uids = all
      .map((one) => one.pod)
      .filter((one) => keyOf(one) === keyOf(pod) && !this.#options.holds(one.uid))
      .map(({ uid }) => uid);
    this.#named.delete(keyOf(pod));
    for (const uid of new Set(uids)) this.remove(uid, pod.graceMs);
  }

  /** Resolves when nothing is being removed. */
  async idle(): Promise<void> {
    await Promise.all(this.#work);
  }

  async #remove(uid: string, graceMs: number | undefined): Promise<void> {
    const { services } = this.#options;
    try {
      const observed = await observePod(services.runtime, uid);
      const pod = observed.sandboxes[0]?.pod ?? observed.containers[0]?.pod;
      if (!pod) {
        await services.volumes.removePod(uid);
        return;
      }
      services.log.info(
        { namespace: pod.namespace, pod: pod.name, uid },
        'removing the containers of a pod that is gone',
      );
      await killPod({ pod: undefined, observed, graceMs }, services);
      await forgetPod(pod, await observePod(services.runtime, uid), services);
    } catch (error) {
      services.log.warn(
        { uid, error: errorText(error) },
        'leftovers of a pod could not be removed; trying again',
      );
    }
  }

  /** Log directories end in the uid of their pod. */
  async #removeLogs(running: ReadonlySet<string>): Promise<void> {
    const { podLogsDir } = this.#options.services.sandbox;
    for (const entry of await readdir(podLogsDir).catch(() => [])) {
      const uid = /^[^_]+_[^_]+_([^_]+)$/.exec(entry)?.[1];
      if (uid === undefined || running.has(uid) || this.#options.holds(uid) || this.#adopted.has(uid))
        continue;
      await rm(join(podLogsDir, entry), { recursive: true, force: true });
    }
  }
}

function keyOf({ namespace, name }: Pick<NamedPod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}
