import { errorText, type Logger } from '@edgecore/api';
import { ContainerStartError } from '../errors.js';
import type { Container, ContainerStatus, LogOptions, LogRecord } from '../runtime.js';
import { ContainerProcess } from './container-process.js';
import type { HostTools } from './host-tools.js';
import { type ContainerPaths, containerPaths, prepareLaunch } from './launch.js';
import { LogPump } from './log-pump.js';
import { readLog } from './log-reader.js';
import type { ProcessSettings } from './options.js';
import type { ContainerRecord } from './record-store.js';
import { recordRefused } from './run-state.js';

export interface ContainerEntryOptions {
  readonly record: ContainerRecord;
  readonly dir: string;
  readonly shimPath: string;
  readonly tools: HostTools;
  readonly settings: ProcessSettings;
  readonly log: Logger;
  readonly onExit: () => void;
}

const STATES = {
  none: 'created',
  starting: 'running',
  running: 'running',
  exited: 'exited',
  failed: 'exited',
} as const;
/** Signals end a shell's command with 128 + their number. */
const SIGNAL_BASE = 128;

/** One container: its record, its processes and its log. */
export class ContainerEntry {
  readonly record: ContainerRecord;
  readonly paths: ContainerPaths;
  readonly pump: LogPump;
  readonly #options: ContainerEntryOptions;
  readonly #process: ContainerProcess;
  #starting: Promise<void> | undefined;

  constructor(options: ContainerEntryOptions) {
    const { record, dir, settings, tools, log } = options;
    this.#options = options;
    this.record = record;
    this.paths = containerPaths(dir);
    this.pump = new LogPump({
      runDir: this.paths.run,
      positionPath: this.paths.logPosition,
      logPath: record.config.logPath || `${dir}/log`,
      maxBytes: settings.logMaxBytes,
      maxFiles: settings.logMaxFiles,
      fallocate: tools.fallocate,
      log,
    });
    this.#process = new ContainerProcess({
      id: record.id,
      name: record.config.name,
      runDir: this.paths.run,
      startTimeoutMs: settings.startTimeoutMs,
      tty: record.config.tty,
      onOutput: () => void this.pump.drain(),
      onExit: () => void this.pump.finish().then(options.onExit),
    });
  }

  /** After an agent's start: goes on with a running container, tidies up after one that has ended. */
  async adopt(): Promise<void> {
    await this.#process.takeBackStart();
    if (this.#process.adopt()) await this.pump.drain();
    else if (this.#process.state().phase !== 'none') await this.pump.finish();
  }

  /** @throws {ContainerStartError} */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  stop(timeoutMs: number): Promise<void> {
    return this.#process.stop(timeoutMs);
  }

  check(): void {
    this.#process.check();
    if (this.pump.isBehind) void this.pump.drain();
  }

  async release(): Promise<void> {
    this.#process.release();
    await this.pump.close();
  }

  /** Its log; complete when the container's state is known to be ended. */
  async *logs(options: LogOptions | undefined): AsyncGenerator<LogRecord> {
    const { phase } = this.#process.state();
    if (phase === 'exited' || phase === 'failed') {
      await this.#process.settled();
      await this.pump.finish();
    }
    yield* readLog(this.pump, options);
  }

  /** The PID of its command. @throws {ContainerNotRunningError} */
  runningPid(): Promise<number> {
    return this.#process.runningPid();
  }

  container(): Container {
    const { id, sandboxId, pod, createdAt, config } = this.record;
    const { phase } = this.#process.state();
    const state = STATES[phase];
    const image = config.image;
    return {
      id,
      sandboxId,
      pod,
      name: config.name,
      state,
      createdAt,
      image,
      imageId: image,
      meta: config.meta,
    };
  }

  status(): ContainerStatus {
    const { startedAt, finishedAt, exitCode, error } = this.#process.state();
    const { config, id } = this.record;
    const signal =
      exitCode > SIGNAL_BASE && exitCode <= SIGNAL_BASE + 64 ? exitCode - SIGNAL_BASE : undefined;
    return {
      ...this.container(),
      startedAt,
      finishedAt,
      exitCode,
      ...(signal !== undefined && { signal }),
      oomKilled: false,
      error,
      imageName: config.image,
      imageRef: `process://${config.image}`,
      reference: `process://${id}`,
      mounts: config.mounts,
      logPath: config.logPath,
    };
  }

  async #start(): Promise<void> {
    if (this.#process.state().phase !== 'none') {
      throw new ContainerStartError(`container ${this.record.id} was started before; create a new one`);
    }
    const { record, shimPath, tools } = this.#options;
    const command = await prepareLaunch(record, this.paths, shimPath, tools).catch((cause) => {
      recordRefused(this.paths.run, errorText(cause));
      throw cause;
    });
    await this.#process.start(command);
  }
}
