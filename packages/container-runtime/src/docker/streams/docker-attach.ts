import type { StreamOptions, StreamSession } from '../../runtime.js';
import type { EngineClient } from '../client/engine-client.js';
import { inspectContainer } from '../inspect.js';
import { afterOutput } from './after-output.js';
import { pumpSession } from './hijacked-session.js';
import { explainNotRunning, notRunning } from './not-running.js';

/** Joins the main process of a running container. An abort only ends the session. */
export async function attachDocker(
  client: EngineClient,
  id: string,
  { signal, ...streams }: Omit<StreamOptions, 'command'>,
): Promise<StreamSession> {
  const container = await inspectContainer(client, id);
  const { Id, State, Config } = container;
  if (!State.Running) throw notRunning(container);
  const tty = Config.Tty ?? false;
  const connection = await client
    .hijack({
      method: 'POST',
      path: `/containers/${Id}/attach`,
      query: {
        stream: true,
        stdin: streams.stdin !== undefined,
        stdout: streams.stdout !== undefined,
        stderr: streams.stderr !== undefined && !tty,
      },
      ...(signal ? { signal } : {}),
    })
    .catch(async (error: unknown) => {
      throw await explainNotRunning(client, Id, error);
    });
  const wantsOutput = streams.stdout !== undefined || streams.stderr !== undefined;
  const pumped = pumpSession(client, connection, { ...streams, tty });
  const done = pumped
    .then(() => exitCode(client, Id, wantsOutput, signal))
    .catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  // Who never looks at the end must not be ended by it.
  done.catch(() => {});
  return {
    done,
    resize: async (columns, rows) => {
      await client.text({ method: 'POST', path: `/containers/${Id}/resize`, query: { w: columns, h: rows } });
    },
  };
}

async function exitCode(
  client: EngineClient,
  id: string,
  wantsOutput: boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  const code = await afterOutput(async () => {
    const { State } = await inspectContainer(client, id);
    // A session without output ends with its input, and the process goes on.
    if (State.Running) return wantsOutput ? undefined : 0;
    return State.ExitCode ?? 0;
  }, signal);
  if (code === undefined)
    throw client.broken(new Error('the output of a container ended before the container did'));
  return code;
}
