import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { docker } from '@edgecore/testing';
import { podsDirectory } from './node-config.js';

/** A container or sandbox as the engine itself knows it, without asking the agent. */
export interface Found {
  readonly id: string;
  readonly podUid: string;
  /** `POD` for a sandbox. */
  readonly name: string;
  readonly running: boolean;
  /** Main process; 0 when there is none. */
  readonly pid: number;
}

/** Looks at what an agent's engine holds, past the agent. */
export interface EngineView {
  readonly name: 'docker' | 'process';
  list(): Promise<Found[]>;
  /** Ends containers behind the agent's back. */
  kill(containers: readonly Found[]): Promise<void>;
  /** Removes everything that is left. */
  clean(): Promise<void>;
}

/**
 * @param instance Name the agent has on Docker. @param dir The agent's directory.
 * @param command The docker command on the engine it uses.
 */
export function engineView(
  name: 'docker' | 'process',
  instance: string,
  dir: string,
  command: DockerCommand = docker,
): EngineView {
  return name === 'docker'
    ? new DockerView(instance, command)
    : new ProcessView(join(podsDirectory(dir), 'processes'));
}

type DockerCommand = (...args: string[]) => Promise<string>;

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Running: boolean; readonly Pid: number };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> };
}

class DockerView implements EngineView {
  readonly name = 'docker';

  constructor(
    private readonly instance: string,
    private readonly docker: DockerCommand,
  ) {}

  async list(): Promise<Found[]> {
    const ids = await this.#ids();
    if (ids.length === 0) return [];
    // One may be removed meanwhile; then the others are asked for again.
    const text = await this.docker('inspect', ...ids).catch(() => undefined);
    if (text === undefined) return this.list();
    return (JSON.parse(text) as Inspected[]).map(({ Id, State, Config: { Labels } }) => ({
      id: Id,
      podUid: Labels['io.kubernetes.pod.uid'] ?? '',
      name: Labels['io.kubernetes.container.name'] ?? '',
      running: State.Running,
      pid: State.Pid,
    }));
  }

  async kill(containers: readonly Found[]): Promise<void> {
    await this.docker('kill', ...containers.map(({ id }) => id));
  }

  async clean(): Promise<void> {
    const ids = await this.#ids();
    if (ids.length > 0) await this.docker('rm', '-f', ...ids);
  }

  async #ids(): Promise<string[]> {
    const text = await this.docker(
      ...['ps', '--all', '--quiet', '--no-trunc'],
      ...['--filter', `label=io.edgecore.instance=${this.instance}`],
    );
    return text === '' ? [] : text.split('\n');
  }
}

interface ProcessRecord {
  readonly id: string;
  readonly pod?: { readonly uid: string };
  readonly config: { readonly name?: string; readonly pod?: { readonly uid: string } };
  readonly stopped?: boolean;
}

/**
 * Host processes: what the records say, and what `/proc` says. A process that
 * carries the mark of a container without a record shows up without a pod.
 */
class ProcessView implements EngineView {
  readonly name = 'process';

  constructor(private readonly root: string) {}

  async list(): Promise<Found[]> {
    const leaders = await this.#leaders();
    const containers = (await this.#records('containers')).map(({ id, pod, config }) => {
      const pids = leaders.get(id) ?? [];
      leaders.delete(id);
      return {
        id,
        podUid: pod?.uid ?? '',
        name: config.name ?? '',
        running: pids.length > 0,
        pid: pids[0] ?? 0,
      };
    });
    const sandboxes = (await this.#records('sandboxes')).map(({ id, config, stopped }) => ({
      id,
      podUid: config.pod?.uid ?? '',
      name: 'POD',
      running: stopped !== true,
      pid: 0,
    }));
    const strays = [...leaders].map(([id, [pid = 0]]) => ({ id, podUid: '', name: '', running: true, pid }));
    return [...containers, ...sandboxes, ...strays];
  }

  async kill(containers: readonly Found[]): Promise<void> {
    for (const { pid } of containers) if (pid > 0) process.kill(-pid, 'SIGKILL');
  }

  async clean(): Promise<void> {
    for (const pids of (await this.#leaders()).values()) {
      for (const pid of pids) {
        try {
          process.kill(-pid, 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
    }
  }

  async #records(kind: 'containers' | 'sandboxes'): Promise<ProcessRecord[]> {
    const ids = await readdir(join(this.root, kind)).catch(() => []);
    const texts = await Promise.all(
      ids.map((id) => readFile(join(this.root, kind, id, 'record.json'), 'utf8').catch(() => '')),
    );
    return texts.filter((text) => text !== '').map((text) => JSON.parse(text) as ProcessRecord);
  }

  /** Leaders of the process groups of this root's containers, by container id. */
  async #leaders(): Promise<Map<string, number[]>> {
    const found = new Map<string, number[]>();
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
      const id = /(?:^|\0)EDGECORE_CONTAINER_ID=([^\0]*)/.exec(environment)?.[1];
      if (id === undefined || !(await this.#isOurs(Number(entry), id))) continue;
      found.set(id, [...(found.get(id) ?? []), Number(entry)]);
    }
    return found;
  }

  /** Group leaders whose output goes to a file below this root. */
  async #isOurs(pid: number, id: string): Promise<boolean> {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(group) !== pid || state === 'Z') return false;
    const output = await readlink(`/proc/${pid}/fd/1`).catch(() => '');
    return output.startsWith(join(this.root, 'containers', id));
  }
}
