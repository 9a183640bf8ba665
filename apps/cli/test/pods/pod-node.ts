import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { tempDir } from '@edgecore/testing';
import { ServerFixture } from '../../../../packages/edged/test/support/server-fixture.js';
import { embeddedPaths } from '../../src/embedded/paths.js';
import { run } from '../../src/index.js';

/** A data directory with the socket of a real edged in its place. */
export async function podDirectory(): Promise<{ dataDir: string; socket: string }> {
  const dataDir = await tempDir('ec-');
  const { node } = embeddedPaths(dataDir);
  await mkdir(node, { recursive: true });
  return { dataDir, socket: join(node, 'edged.sock') };
}

/** Edged on plain processes, as the command finds it. */
export async function podNode(): Promise<{ dataDir: string; edged: ServerFixture }> {
  const { dataDir, socket } = await podDirectory();
  return { dataDir, edged: await ServerFixture.start({ socket, goneGraceMs: 200 }) };
}

export interface Running {
  readonly stdin: PassThrough;
  stdout(): Buffer;
  stderr(): string;
  readonly code: Promise<number>;
  stop(): void;
}

/** Runs a command line in this process, byte for byte. */
export function start(argv: readonly string[], settings: { stdin?: Readable; slow?: boolean } = {}): Running {
  const end = new AbortController();
  const out: Buffer[] = [];
  let stderr = '';
  const stdin = new PassThrough();
  const stdout = new Writable({
    highWaterMark: 16_384,
    write(chunk: Buffer, _encoding, done) {
      out.push(Buffer.from(chunk));
      if (settings.slow) setImmediate(done);
      else done();
    },
  });
  const code = run(argv, {
    stdin: settings.stdin ?? stdin,
    stdout,
    stderr: { write: (text: string) => (stderr += text) },
    env: {},
    signal: end.signal,
  });
  return { stdin, stdout: () => Buffer.concat(out), stderr: () => stderr, code, stop: () => end.abort() };
}
