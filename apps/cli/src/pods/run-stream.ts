import type { StreamOptions } from '../commands/exec.js';
import { type CliIo, line } from '../io.js';
import { findPodSocket } from '../node/node-socket.js';
import { byteSink } from './byte-sink.js';
import { listenForEnd } from './endings.js';
import { listPods, pickContainer, pickPod } from './find-pod.js';
import { parsePodName } from './pod-name.js';
import { joinRemote, REMOTE_PROTOCOLS } from './remote-session.js';
import { openStream } from './stream-socket.js';
import { Terminal } from './terminal.js';

/** `edgecore exec` and `attach`. @returns the exit code. @throws {CliError} when there is no command to join. */
export async function runStream(
  kind: 'exec' | 'attach',
  pod: string,
  command: readonly string[],
  options: StreamOptions,
  io: CliIo,
): Promise<number> {
  const name = parsePodName(pod, options.namespace);
  const socket = await findPodSocket(options, io.env);
  const { container, note } = pickContainer(pickPod(await listPods(socket), name), options.container);
  if (note !== undefined) line(io.stderr, note);

  let tty = options.tty ?? false;
  if (tty && kind === 'attach' && !container.tty) {
    line(io.stderr, `Unable to use a TTY - container ${container.name} did not allocate one`);
    tty = false;
  }
  const terminal = tty && options.stdin ? Terminal.of(io.stdin, io.stdout) : undefined;
  if (tty && options.stdin && !terminal) {
    line(io.stderr, 'Unable to use a TTY - input is not a terminal or the right kind of file');
    tty = false;
  }
  const query = new URLSearchParams(command.map((word): [string, string] => ['command', word]));
  if (options.stdin) query.set('input', '1');
  query.set('output', '1');
  query.set(tty ? 'tty' : 'error', '1');
  const path = [name.namespace, name.name, container.name].map(encodeURIComponent).join('/');
  const webSocket = await openStream(socket, `/${kind}/${path}?${query}`, REMOTE_PROTOCOLS);
  if (kind === 'attach' && terminal) {
    line(io.stderr, "If you don't see a command prompt, try pressing enter.");
  }
  const endings = listenForEnd(io);
  try {
    const end = await joinRemote(webSocket, {
      ...(options.stdin && { stdin: io.stdin }),
      stdout: byteSink(io.stdout),
      stderr: byteSink(io.stderr),
      terminal,
      signal: endings.signal,
    });
    if (end.kind === 'left') return endings.exitCode;
    // A person at a terminal ended the command and knows.
    if (end.exitCode !== 0 && !terminal) {
      line(io.stderr, `command terminated with exit code ${end.exitCode}`);
    }
    return end.exitCode;
  } finally {
    endings.release();
  }
}
