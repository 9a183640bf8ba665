import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { ContainerNotRunningError, ContainerStartError } from '../errors.js';
import { DEFAULT_PATH } from './host-tools.js';
import {
  isAlive,
  killMarked,
  listProcesses,
  markedProcesses,
  SUPERVISOR_MARKER,
  signalProcess,
} from './process-table.js';
import { type RunState, readRunState, recordLost } from './run-state.js';
import { Latch, waitAtMost } from './wait.js';
import { watchDirectory } from './watch-directory.js';

export interface ContainerProcessOptions {
  readonly id: string;
  /** For errors. */
  readonly name: string;
  /** Written by the supervisor and the container; here only read. */
  readonly runDir: string;
  readonly startTimeoutMs: number;
  /** The command has a terminal, which `script` (then the leader) made for it. */
  readonly tty: boolean;
  /** Output was written. */
  readonly onOutput: () => void;
  /** The container has ended and nothing of it is left. Called once. */
  readonly onExit: () => void;
}

/** How long killed processes may take to be gone before a stop is called failed. */
const KILL_TIMEOUT_MS = 10_000;
/** How long a process may be gone without its supervisor's record before that is looked into. */
const RECORD_MS = 500;

/**
 * One container's processes as an agent sees them: starts the supervisor, or
 * adopts one an earlier agent started, and notices the end by the files it leaves.
 */
export class ContainerProcess {
  readonly #options: ContainerProcessOptions;
  readonly #finished = new Latch();
  #changed = new Latch();
  #unwatch: (() => void) | undefined;
  #ending: Promise<void> | undefined;
  #examination: NodeJS.Timeout | undefined;

  constructor(options: ContainerProcessOptions) {
    this.#options = options;
  }

  state(): RunState {
    return readRunState(this.#options.runDir);
  }

  /**
   * Takes back a start an earlier agent was killed in the middle of, before anything ran:
   * the container is then as it was created, and has not failed.
   */
  async takeBackStart(): Promise<void> {
    const { id, runDir } = this.#options;
    if (!this.#hasNothingRun() || (await markedProcesses(SUPERVISOR_MARKER, id)).length > 0) return;
    // Looked at again: a quick one may have run and ended meanwhile.
    if (this.#hasNothingRun()) await rm(runDir, { recursive: true, force: true });
  }

  /** Takes over what is on disk; true when it is (or may still get) running. */
  adopt(): boolean {
    const { phase } = this.state();
    if (phase !== 'starting' && phase !== 'running') return false;
    this.#watch();
    this.check();
    return true;
  }

  /**
   * Runs the supervisor's command line and waits until the container's command runs.
   * @throws {ContainerStartError} with the reason the start script gave.
   */
  async start(command: readonly string[]): Promise<void> {
    const { id, startTimeoutMs } = this.#options;
    this.#watch();
    // Detached: a session of its own, which no signal to the agent's group reaches.
    const shim = spawn(command[0]!, command.slice(1), {
      detached: true,
      stdio: 'ignore',
      cwd: '/',
      env: { PATH: DEFAULT_PATH, [SUPERVISOR_MARKER]: id },
    });
    let failure: Error | undefined;
    shim.once('error', (error) => {
      failure = error;
      this.#changed.open();
    });
    shim.once('exit', () => this.check());
    shim.unref();
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      const { promise } = this.#changed;
      const state = this.state();
      if (state.phase === 'running' || state.phase === 'exited') return;
      if (state.phase === 'failed') throw new ContainerStartError(state.error);
      if (failure) {
        this.release();
        throw new ContainerStartError('cannot start the supervisor', { cause: failure });
      }
      if (Date.now() > deadline) {
        await this.#kill();
        throw new ContainerStartError(`the command was not started within ${startTimeoutMs} ms`);
      }
      await waitAtMost(promise, Math.min(100, startTimeoutMs));
    }
  }

  /** TERM to the process group, KILL to everything after `timeoutMs`; returns when nothing is left. */
  async stop(timeoutMs: number): Promise<void> {
    this.check();
    const { phase, process } = this.state();
    if (!this.#ending && phase !== 'running' && phase !== 'starting') return;
    if (!this.#ending) {
      this.#watch();
      if (process && timeoutMs > 0 && isAlive(process)) {
        signalProcess(-(await this.#mainPid(process.pid)), 'SIGTERM');
        await waitAtMost(this.#finished.promise, timeoutMs);
      }
      if (!this.#ending) await this.#kill();
    }
    if (!(await waitAtMost(this.#finished.promise, KILL_TIMEOUT_MS))) {
      throw new Error(`processes of container ${this.#options.id} do not end although they were killed`);
    }
  }

  /** The PID of the command itself. @throws {ContainerNotRunningError} */
  async runningPid(): Promise<number> {
    const { phase, process } = this.state();
    if (phase !== 'running' || !process) throw new ContainerNotRunningError(this.#options.name);
    return this.#mainPid(process.pid);
  }

  /** Looks at the files and, should the record of the end be missing, at the processes. */
  check(): void {
    this.#changed.open();
    this.#changed = new Latch();
    if (!this.#unwatch || this.#ending) return;
    const state = this.state();
    if (state.phase === 'exited' || state.phase === 'failed') {
      this.#end();
    } else if (!state.process || !isAlive(state.process)) {
      this.#examination ??= setTimeout(() => {
        this.#examination = undefined;
        void this.#examine();
      }, RECORD_MS);
    }
  }

  /** Resolves when the clean-up after an end that was just seen is done; at once when there was none. */
  async settled(): Promise<void> {
    this.check();
    await this.#ending;
  }

  /** Lets go of the container; it runs on. */
  release(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    clearTimeout(this.#examination);
    this.#examination = undefined;
  }

  #hasNothingRun(): boolean {
    const { phase, process } = this.state();
    return phase === 'starting' && process === undefined;
  }

  /** With a terminal the command is a child of the leader, and in a session of its own. */
  async #mainPid(leader: number): Promise<number> {
    if (!this.#options.tty) return leader;
    return (await listProcesses()).find(({ ppid }) => ppid === leader)?.pid ?? leader;
  }

  #watch(): void {
    this.#unwatch ??= watchDirectory(this.#options.runDir, (names) => {
      if (!names || names.has('stdout') || names.has('stderr')) this.#options.onOutput();
      // A talkative container must not have its state read all the time.
      if (!names || [...names].some((name) => name !== 'stdout' && name !== 'stderr')) this.check();
    });
  }

  /** A process without a record: as long as its supervisor lives, that one decides. */
  async #examine(): Promise<void> {
    const { id, runDir } = this.#options;
    const supervisors = await markedProcesses(SUPERVISOR_MARKER, id);
    const { phase, process } = this.state();
    if (!this.#unwatch || this.#ending || supervisors.length > 0) return;
    if (phase !== 'exited' && phase !== 'failed' && !(process && isAlive(process))) {
      await killMarked(id);
      recordLost(runDir);
    }
    this.check();
  }

  async #kill(): Promise<void> {
    const { process } = this.state();
    if (process && isAlive(process)) signalProcess(-process.pid, 'SIGKILL');
    await killMarked(this.#options.id);
    this.check();
  }

  #end(): void {
    this.release();
    this.#ending = killMarked(this.#options.id).then(() => {
      // First told, then open: whoever waited for the end finds the log's end already queued.
      this.#options.onExit();
      this.#finished.open();
    });
  }
}
