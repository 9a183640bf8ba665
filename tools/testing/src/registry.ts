import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import bcrypt from 'bcryptjs';
import { endChild } from './child.js';
import { BUSYBOX_IMAGE, docker } from './docker.js';
import { eventually, freePort } from './temp.js';

const run = promisify(execFile);
const PROGRAM = '/usr/bin/docker-registry';

export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface PushOptions {
  /** Of random content, which no engine has yet. @default 1024 */
  readonly bytes?: number;
  /** Has the programs of {@link BUSYBOX_IMAGE}, whose layer engines do not fetch again. @default false */
  readonly runnable?: boolean;
  /** Engine to push from. @default this machine's Docker */
  readonly host?: string;
}

export interface Registry {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  readonly port: number;
  /** Pushes a new image that the engine then no longer has; its name. */
  push(name: string, options?: PushOptions): Promise<string>;
  /** Gives an image a further tag, without any engine: `tag('web:1', '2')`. Only without an account. */
  tag(name: string, tag: string): Promise<void>;
  /** Requests for the manifest of a tag it has answered so far: `manifestsServed('web:1')`. */
  manifestsServed(name: string): number;
  /** Ends it at once, connections included. */
  kill(): Promise<void>;
  /** Starts it again: same address, same images. */
  start(): Promise<void>;
}

export function registryInstalled(): boolean {
  if (!existsSync(PROGRAM) && process.env['CI'] === 'true') {
    throw new Error('docker-registry is not installed; on Debian: apt-get install docker-registry');
  }
  return existsSync(PROGRAM);
}

/**
 * A real registry on loopback, speaking plain HTTP; with an account it lets nobody else in. End it with `kill`.
 *
 * @param directory for its files; the caller removes it.
 */
export async function startRegistry(directory: string, account?: Account): Promise<Registry> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const config = join(directory, 'registry.yml');
  await mkdir(join(directory, 'data'), { recursive: true });
  await writeFile(config, await registryConfig(directory, address, account));
  await clientConfig(directory, address, account);
  let child: ChildProcess;
  let accesses = '';

  const start = async () => {
    child = spawn(PROGRAM, ['serve', config], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout?.on('data', (chunk) => {
      accesses += chunk;
    });
    await eventually(() => fetch(`http://${address}/v2/`).then(() => true), { timeoutMs: 5_000 }).catch(
      async (error: unknown) => {
        await endChild(child, 'SIGKILL');
        throw error;
      },
    );
  };
  await start();
  return {
    address,
    port,
    tag: (name, tag) =>
      addTag(`http://${address}/v2/${name.split(':')[0]}/manifests`, name.split(':')[1]!, tag),
    manifestsServed: (name) => {
      // Docker asks for the head, and gets the manifest by its digest.
      const path = ` /v2/${name.replace(':', '/manifests/')} HTTP/1.1" 200 `;
      return accesses.split('\n').filter((line) => /"(?:GET|HEAD) /.test(line) && line.includes(path)).length;
    },
    push: (name, options) => push(directory, `${address}/${name}`, options),
    kill: () => endChild(child, 'SIGKILL'),
    start,
  };
}

async function registryConfig(directory: string, address: string, account?: Account): Promise<string> {
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
  return `${lines.join('\n')}\n`;
}

/** What the docker command pushes with. */
async function clientConfig(directory: string, address: string, account?: Account): Promise<void> {
  const auth = account && Buffer.from(`${account.username}:${account.password}`).toString('base64');
  await mkdir(join(directory, 'client'));
  await writeFile(
    join(directory, 'client/config.json'),
    JSON.stringify({ auths: auth ? { [address]: { auth } } : {} }),
  );
}

async function push(directory: string, image: string, options: PushOptions = {}): Promise<string> {
  const { bytes = 1024, runnable = false, host } = options;
  const engine = (...args: string[]) => docker(...(host ? ['--host', host] : []), ...args);
  const root = join(directory, randomBytes(8).toString('hex'));
  await mkdir(root);
  await writeFile(join(root, 'random'), randomBytes(bytes));
  if (runnable) {
    const id = await engine('create', BUSYBOX_IMAGE, 'true');
    await engine('cp', join(root, 'random'), `${id}:/random`);
    await engine('commit', id, image);
    await engine('rm', id);
  } else {
    await run('tar', ['-C', root, '-cf', `${root}.tar`, '.']);
    await engine('import', `${root}.tar`, image);
    await rm(`${root}.tar`);
  }
  await rm(root, { recursive: true });
  await engine('--config', join(directory, 'client'), 'push', '-q', image);
  await engine('rmi', image);
  return image;
}

async function addTag(manifests: string, from: string, to: string): Promise<void> {
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const found = await fetch(`${manifests}/${from}`, { headers: { accept: type } });
  if (!found.ok) throw new Error(`no manifest ${manifests}/${from}: HTTP ${found.status}`);
  const headers = { 'content-type': type };
  const put = await fetch(`${manifests}/${to}`, { method: 'PUT', headers, body: await found.text() });
  if (!put.ok) throw new Error(`tag ${to} refused: HTTP ${put.status}`);
}
