import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { endChild, hasEnded } from './child.js';
import { eventually, freePort, tempDir } from './temp.js';

const PROGRAM = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/usr/bin/mosquitto'].find((path) =>
  existsSync(path),
);

export interface MosquittoOptions {
  /** Lines of `mosquitto.conf` after `listener`; `%d` becomes its directory. Default: anybody may connect. */
  readonly config?: readonly string[];
  /** Files made in its directory before it starts: name to content. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Default: a free one. */
  readonly port?: number;
}

export interface Mosquitto {
  readonly port: number;
  readonly directory: string;
  /** `mqtt://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends it at once, connections included. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
  /** It answers nothing any more until `resume`; connections stay. */
  pause(): void;
  resume(): void;
}

/** `describe` where mosquitto is installed, a visibly skipped block elsewhere. */
export function withMosquitto(): (name: string, body: () => void) => void {
  if (PROGRAM) return describe;
  if (process.env['CI'] === 'true') {
    throw new Error(
      'mosquitto is not installed, and CI=true does not allow skipping; on Debian: apt-get install mosquitto',
    );
  }
  return describe.skip;
}

/** A mosquitto of its own on loopback. End it with `kill`. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const { config = ['allow_anonymous true'], files = {}, port = await freePort() } = options;
  const directory = await tempDir('ec-mosquitto-');
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...config.map((line) => line.replaceAll('%d', directory)),
    'persistence false',
    'log_dest stderr',
    // Else it becomes another user, who cannot read the directory.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  const path = join(directory, 'mosquitto.conf');
  await writeFile(path, `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;

  const start = async () => {
    const log = await open(join(directory, 'log.txt'), 'a');
    const started = spawn(PROGRAM!, ['-c', path], { stdio: ['ignore', log.fd, log.fd] });
    await log.close();
    started.unref();
    child = started;
    await eventually(
      async () => {
        if (hasEnded(started)) {
          throw new Error(`mosquitto ended: ${await readFile(join(directory, 'log.txt'), 'utf8')}`);
        }
        return reachable(port);
      },
      { what: 'mosquitto to listen' },
    );
  };
  await start();
  return {
    port,
    directory,
    url: `mqtt://127.0.0.1:${port}`,
    start,
    kill: async () => {
      if (child) await endChild(child, 'SIGKILL');
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

function reachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
