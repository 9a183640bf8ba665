import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ContainerStats } from '../../runtime.js';
import type { EngineContainer } from '../client/engine-types.js';
import { LABEL } from '../labels.js';
import { type ContainerPlaces, cgroupPlaces } from './cgroup-place.js';
import { parseNetDev } from './net-dev.js';
import { readCgroup } from './read-cgroup.js';

export interface KernelStatsOptions {
  /** Where the cgroup hierarchies are mounted. @default '/sys/fs/cgroup' */
  readonly cgroupRoot?: string;
  /** @default '/proc' */
  readonly procRoot?: string;
}

/** What is learned of a container once. */
interface Known {
  readonly pid: number;
  readonly podUid: string | undefined;
  readonly isSandbox: boolean;
  readonly hasOwnNetwork: boolean;
}

/** Containers remembered: those of some ten times the pods a node has. */
const MAX_KNOWN = 2000;

/**
 * Figures of containers straight from the kernel, where it is this machine's:
 * Docker before 25 makes every question wait for its next round, up to a second
 * (two when it knows no `one-shot`), so that asking it for a hundred pods takes
 * minutes, not milliseconds.
 */
export class KernelStats {
  readonly #cgroupRoot: string;
  readonly #procRoot: string;
  readonly #known = new Map<string, Known>();

  constructor({ cgroupRoot = '/sys/fs/cgroup', procRoot = '/proc' }: KernelStatsOptions = {}) {
    this.#cgroupRoot = cgroupRoot;
    this.#procRoot = procRoot;
  }

  /**
   * @param inspect asks the engine about the container, once.
   * @returns `undefined` when the container's cgroup cannot be seen from here or is gone: then ask the engine.
   * @throws what `inspect` throws.
   */
  async read(id: string, inspect: () => Promise<EngineContainer>): Promise<ContainerStats | undefined> {
    const remembered = this.#known.get(id);
    const stats = remembered && (await this.#read(id, remembered));
    if (stats) return stats;
    this.#known.delete(id);
    // Seen for the first time, or started anew with another pid.
    const container = await inspect();
    const known = learn(container);
    if (!known) return undefined;
    const found = await this.#read(container.Id, known);
    if (found) this.#remember(id, known);
    return found && { ...found, id };
  }

  #remember(id: string, known: Known): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(id, known);
  }

  async #read(id: string, known: Known): Promise<ContainerStats | undefined> {
    // Whoever asks for many lets the agent do other things between them.
    await setImmediate();
    try {
      const places = this.#places(id, known);
      return (
        places && {
          id,
          time: Date.now(),
          ...readCgroup(places.container),
          ...(known.isSandbox && places.pod && { pod: readCgroup(places.pod) }),
          ...(known.hasOwnNetwork && { networks: parseNetDev(this.#proc(known, 'net/dev')) }),
        }
      );
    } catch {
      // Ended meanwhile, or a kernel without one of these files.
      return undefined;
    }
  }

  /** Looked up each time: the pid may belong to somebody else by now. */
  #places(id: string, known: Known): ContainerPlaces | undefined {
    const { podUid } = known;
    return cgroupPlaces(this.#proc(known, 'cgroup'), { id, podUid }, this.#cgroupRoot);
  }

  #proc({ pid }: Known, file: string): string {
    return readFileSync(join(this.#procRoot, String(pid), file), 'latin1');
  }
}

/** `undefined` for one that does not run. */
function learn({ State, Config, HostConfig }: EngineContainer): Known | undefined {
  if (!State.Pid || !State.Running) return undefined;
  const network = HostConfig.NetworkMode ?? 'host';
  return {
    pid: State.Pid,
    podUid: Config.Labels?.[LABEL.podUid],
    isSandbox: Config.Labels?.[LABEL.type] === 'podsandbox',
    hasOwnNetwork: network !== 'host' && !/^(container|ns):/.test(network),
  };
}
