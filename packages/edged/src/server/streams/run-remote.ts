import { errorText } from '@edgecore/api';
import type { StreamOptions, StreamSession } from '@edgecore/container-runtime';
import type { RemoteClient, RemoteOutcome, TerminalSize } from './remote-session.js';

export interface RemoteRun {
  /** `exec` or `attach`, for the text of a failure. */
  readonly what: 'executing command in container' | 'attaching to container';
  readonly tty: boolean;
  /** After the client has gone its command may go on for this long to finish what it was given. */
  readonly goneGraceMs: number;
  /** Ends every session at once. */
  readonly stop: AbortSignal;
  start(streams: Omit<StreamOptions, 'command'>): Promise<StreamSession>;
}

/**
 * Joins a client with a command until one of them ends. A client that goes
 * closes the command's input; what still runs after a moment is killed, since
 * nobody would ever end it. Never rejects.
 */
export async function runRemote(client: RemoteClient, run: RemoteRun): Promise<RemoteOutcome> {
  const kill = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const onGone = () => {
    client.stdin?.push(null);
    grace ??= setTimeout(() => kill.abort(client.gone.reason), run.goneGraceMs);
  };
  client.gone.addEventListener('abort', onGone, { once: true });
  if (client.gone.aborted) onGone();
  const signal = AbortSignal.any([kill.signal, run.stop]);
  const outcome = await joined(client, run, signal).then(
    (exitCode): RemoteOutcome => ({ kind: 'exited', exitCode }),
    (error: unknown): RemoteOutcome => ({
      kind: 'failed',
      message: `error ${run.what}: ${errorText(error)}`,
    }),
  );
  clearTimeout(grace);
  client.gone.removeEventListener('abort', onGone);
  await client.finish(outcome);
  return outcome;
}

async function joined(client: RemoteClient, run: RemoteRun, signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr } = client;
  let session: StreamSession | undefined;
  let first: TerminalSize | undefined;
  const resize = ({ columns, rows }: TerminalSize) => {
    // A process that has just ended has no terminal any more.
    void session?.resize(columns, rows).catch(() => undefined);
  };
  client.onResize((size) => {
    if (session) resize(size);
    else first = size;
  });
  session = await run.start({
    tty: run.tty,
    signal,
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
  });
  if (first) resize(first);
  return session.done;
}
