import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { errorText } from '@edgecore/api';
import { tempDir } from '@edgecore/testing';
import { afterEach, expect, test } from '@jest/globals';
import { isTaken, listenOnSocket } from '../../src/index.js';

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

function greeter(words: string): Server {
  const server = createServer((socket) => {
    // Somebody only looks whether it answers.
    socket.on('error', () => {});
    socket.end(words);
  });
  open.push(server);
  return server;
}

async function greeting(path: string): Promise<string> {
  const socket = connect(path);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test.each([0o600, 0o660])('a socket with mode %o answers, and goes when it is removed', async (mode) => {
  const directory = await tempDir();
  const path = join(directory, 'x.sock');
  const file = await listenOnSocket(greeter('hello'), path, { mode });
  expect((await lstat(path)).mode & 0o777).toBe(mode);
  expect(await readdir(directory)).toEqual(['x.sock']);
  expect(await greeting(path)).toBe('hello');
  await file.remove();
  await file.remove();
  expect(await readdir(directory)).toEqual([]);
});

test('an HTTP server will do', async () => {
  const path = join(await tempDir(), 'x.sock');
  const server = createHttpServer((_request, response) => response.end('hello'));
  open.push(server);
  await listenOnSocket(server, path, { mode: 0o600 });
  const response = await new Promise<string>((resolve) => {
    const socket = connect(path, () => socket.end('GET / HTTP/1.0\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(text));
  });
  expect(response).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello$/);
});

test('what a killed process has left is replaced', async () => {
  const path = join(await tempDir(), 'x.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await lstat(path)).isSocket()).toBe(true);
  await listenOnSocket(greeter('new'), path, { mode: 0o600 });
  expect(await greeting(path)).toBe('new');
});

test('one that answers is not taken away', async () => {
  const path = join(await tempDir(), 'x.sock');
  await listenOnSocket(greeter('first'), path, { mode: 0o600 });
  const error = await listenOnSocket(greeter('second'), path, { mode: 0o600 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'ERR_SOCKET_FILE', reason: 'taken', path });
  expect(isTaken(error)).toBe(true);
  expect(await greeting(path)).toBe('first');
});

test("another process's socket in the same place is not removed", async () => {
  const directory = await tempDir();
  const path = join(directory, 'x.sock');
  const file = await listenOnSocket(greeter('first'), path, { mode: 0o600 });
  await rename(path, join(directory, 'away'));
  await listenOnSocket(greeter('second'), path, { mode: 0o600 });
  await file.remove();
  expect(await greeting(path)).toBe('second');
});

test.each([
  ['a file', (path: string) => writeFile(path, 'mine')],
  ['a directory', (path: string) => mkdir(path)],
  ['a link', (path: string) => symlink('/nowhere', path)],
])('%s is never removed', async (_name, make) => {
  const directory = await tempDir();
  for (const name of ['x.sock', 'x.sock.new']) {
    await make(join(directory, name));
    const error = await listenOnSocket(greeter(''), join(directory, 'x.sock'), { mode: 0o600 }).catch(
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ reason: 'not-a-socket' });
    expect(error.message).toContain(join(directory, name));
    expect(isTaken(error)).toBe(false);
    expect((await lstat(join(directory, name))).isSocket()).toBe(false);
    await rm(join(directory, name), { recursive: true });
  }
});

test('a path that is too long, and a directory that is not there, are said', async () => {
  const directory = await tempDir();
  const long = join(directory, 'x'.repeat(100));
  await expect(listenOnSocket(greeter(''), long, { mode: 0o600 })).rejects.toMatchObject({
    reason: 'too-long',
  });
  const refused = await listenOnSocket(greeter(''), join(directory, 'no', 'x'), { mode: 0o600 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(refused).toMatchObject({ reason: 'refused' });
  expect(errorText(refused)).toMatch(
    /^the system does not let it be made: (?:Error: )?listen (ENOENT|EACCES)(?!.*listen)/,
  );
  expect(await readdir(directory)).toEqual([]);
});

test('missing directories are made when asked for, with the rights asked for', async () => {
  const directory = await tempDir();
  const path = join(directory, 'a', 'b', 'x.sock');
  await listenOnSocket(greeter('hello'), path, { mode: 0o600, directoryMode: 0o750 });
  for (const name of ['a', 'a/b']) expect((await lstat(join(directory, name))).mode & 0o777).toBe(0o750);
  expect(await greeting(path)).toBe('hello');
});
