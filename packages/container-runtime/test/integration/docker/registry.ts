import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docker, eventually, freePort } from '@edgecore/testing';
import bcrypt from 'bcryptjs';

const run = promisify(execFile);
const PROGRAM = '/usr/bin/docker-registry';

export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface Registry {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly port: number;
  /** Pushes a new image of random bytes that this engine then no longer has; its name. */
  push(name: string, bytes?: number): Promise<string>;
  close(): Promise<void>;
}

export function registryInstalled(): boolean {
  if (!existsSync(PROGRAM) && process.env['CI'] === 'true') {
    throw new Error('docker-registry is not installed; on Debian: apt-get install docker-registry');
  }
  return existsSync(PROGRAM);
}

/** A real registry on loopback; with an account it lets nobody else in. */
export async function startRegistry(directory: string, account?: Account): Promise<Registry> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  await mkdir(join(directory, 'data'), { recursive: true });
  const lines = [
    'version: 0.1',
    'log: {level: error}',
    `storage: {filesystem: {rootdirectory: ${join(directory, 'data')}}}`,
    `http: {addr: "${address}", secret: test}`,
  ];
  if (account) {
    const htpasswd = join(directory, 'htpasswd');
    await writeFile(htpasswd, `${account.username}:${bcrypt.hashSync(account.password, 4)}\n`);
    lines.push(`auth: {htpasswd: {realm: test, path: ${htpasswd}}}`);
  }
  await writeFile(join(directory, 'registry.yml'), `${lines.join('\n')}\n`);
  const child = spawn(PROGRAM, ['serve', join(directory, 'registry.yml')], { stdio: 'ignore' });
  await eventually(() => fetch(`http://${address}/v2/`).then(() => true), { timeoutMs: 3_000 }).catch(
    async (error: unknown) => {
      await ended(child);
      throw error;
    },
  );

  const config = join(directory, 'client');
  await mkdir(config);
  const auth = account && Buffer.from(`${account.username}:${account.password}`).toString('base64');
  await writeFile(
    join(config, 'config.json'),
    JSON.stringify({ auths: auth ? { [address]: { auth } } : {} }),
  );

  return {
    address,
    port,
    push: async (name, bytes = 1024) => {
      const image = `${address}/${name}`;
      const root = join(directory, randomBytes(8).toString('hex'));
      await mkdir(root);
      await writeFile(join(root, 'random'), randomBytes(bytes));
      await run('tar', ['-C', root, '-cf', `${root}.tar`, '.']);
      await docker('import', `${root}.tar`, image);
      await docker('--config', config, 'push', '-q', image);
      await docker('rmi', image);
      return image;
    },
    close: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}
