import { Writable } from 'node:stream';
import { ExecTimeoutError } from '../../errors.js';
import type { ExecOptions, ExecResult, StreamOptions, StreamSession } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import type { EngineExec } from '../client/engine-types.js';
import { afterOutput } from './after-output.js';
import { pumpSession } from './hijacked-session.js';
import { killInContainer } from './kill-exec.js';
import { explainNotRunning } from './not-running.js';

const MAX_OUTPUT_BYTES = 1024 * 1024;
/** A probe that timed out on an engine that hangs must not wait for that engine too. */
const KILL_REQUEST_TIMEOUT_MS = 2_000;

/** Runs a command to its end and collects its output. */
export async function execDocker(
  client: EngineClient,
  id: string,
  options: ExecOptions,
): Promise<ExecResult> {
  const { command, timeoutMs = 0, signal } = options;
  const timeout = new AbortController();
  const timer =
    timeoutMs > 0 ? setTimeout(() => timeout.abort(new ExecTimeoutError(timeoutMs)), timeoutMs) : undefined;
  const stdout = new Collector();
  const stderr = new Collector();
  try {
    const signals = AbortSignal.any([timeout.signal, ...(signal ? [signal] : [])]);
    const session = await execStreamDocker(client, id, { command, stdout, stderr, signal: signals });
    return { exitCode: await session.done, stdout: stdout.content(), stderr: stderr.content() };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command joined to the caller's streams; an abort kills it. */
export async function execStreamDocker(
  client: EngineClient,
  id: string,
  { command, signal, ...streams }: StreamOptions,
): Promise<StreamSession> {
  const execId = await createExec(client, id, command, streams);
  const connection = await client
    .hijack({
      method: 'POST',
      path: `/exec/${execId}/start`,
      body: { Detach: false, Tty: streams.tty ?? false },
      ...(signal ? { signal } : {}),
    })
    .catch(async (error: unknown) => {
      if (signal?.aborted) await killExec(client, execId, id);
      throw await explainNotRunning(client, id, error);
    });
  const done = finish(client, id, execId, pumpSession(client, connection, streams), signal);
  // Who never looks at the end must not be ended by it.
  done.catch(() => {});
  return {
    done,
    resize: async (columns, rows) => {
      await client.text({ method: 'POST', path: `/exec/${execId}/resize`, query: { w: columns, h: rows } });
    },
  };
}

async function createExec(
  client: EngineClient,
  id: string,
  command: readonly string[],
  { stdin, stdout, stderr, tty = false }: Omit<StreamOptions, 'command' | 'signal'>,
): Promise<string> {
  try {
    const { Id } = await client.json<{ Id: string }>({
      method: 'POST',
      path: `/containers/${encodeURIComponent(id)}/exec`,
      body: {
        AttachStdin: stdin !== undefined,
        AttachStdout: stdout !== undefined,
        AttachStderr: stderr !== undefined && !tty,
        Tty: tty,
        Cmd: command,
      },
    });
    return Id;
  } catch (error) {
    throw await explainNotRunning(client, id, error);
  }
}

async function finish(
  client: EngineClient,
  id: string,
  execId: string,
  pumped: Promise<void>,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    await pumped;
    signal?.throwIfAborted();
    return await exitCode(client, execId, signal);
  } catch (error) {
    // Nobody reads it any more, so it must not linger.
    await killExec(client, execId, id);
    throw signal?.aborted ? signal.reason : error;
  }
}

async function exitCode(
  client: EngineClient,
  execId: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const code = await afterOutput(async () => {
    const { Running, ExitCode } = await client.json<EngineExec>({ path: `/exec/${execId}/json` });
    return Running ? undefined : (ExitCode ?? 0);
  }, signal);
  if (code !== undefined) return code;
  throw client.broken(new Error('the output of a command ended before the command did'));
}

async function killExec(client: EngineClient, execId: string, containerId: string): Promise<void> {
  if (client.address.kind !== 'socket') return;
  const request = { path: `/exec/${execId}/json`, timeoutMs: KILL_REQUEST_TIMEOUT_MS };
  const exec = await client.json<EngineExec>(request).catch(() => undefined);
  if (exec?.Running && exec.Pid) await killInContainer(exec.Pid, containerId);
}

/** Keeps the first mebibyte and lets the rest go by. */
class Collector extends Writable {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const kept = chunk.subarray(0, MAX_OUTPUT_BYTES - this.#size);
    if (kept.length > 0) this.#chunks.push(kept);
    this.#size += kept.length;
    done();
  }

  content(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
