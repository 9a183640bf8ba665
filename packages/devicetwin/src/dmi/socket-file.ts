import { chmod, lstat, mkdir, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { errorText, hasCode } from '@edgecore/api';
import { DmiSocketError } from './errors.js';

const NAME = 'dmi.sock';
const DIRECTORY_MODE = 0o750;
const SOCKET_MODE = 0o660;
/** `sun_path` of Linux, without its closing zero. */
const MAX_PATH_BYTES = 107;

/** `dmiSockPath` names a directory; a value ending in `.sock` is reduced to its directory, as upstream does. */
export function socketPath(dmiSockPath: string): string {
  return join(dmiSockPath.endsWith('.sock') ? dirname(dmiSockPath) : dmiSockPath, NAME);
}

/** A socket in the file system that this process listens on. */
export interface SocketFile {
  /** Removes it, unless another process has put its own there. */
  remove(): Promise<void>;
}

/**
 * Listens under a temporary name and renames it, so that nobody ever finds a
 * socket with other rights than 0660 or one that does not answer.
 *
 * @throws {DmiSocketError} when it cannot be made; nothing is left behind then.
 */
export async function listenOn(server: Server, path: string): Promise<SocketFile> {
  const temporary = `${path}.new`;
  if (Buffer.byteLength(temporary) > MAX_PATH_BYTES) {
    throw new DmiSocketError(
      path,
      `a socket's path has at most ${MAX_PATH_BYTES - 4} bytes; set a shorter dmiSockPath`,
    );
  }
  try {
    await makeDirectory(dirname(path));
    await checkFree(path);
    if (await isSocket(temporary, path)) await unlink(temporary);
    await listen(server, temporary);
    try {
      await chmod(temporary, SOCKET_MODE);
      const own = await lstat(temporary);
      await rename(temporary, path);
      return { remove: () => removeOwn(path, own) };
    } catch (error) {
      // Also removes the file it was bound to.
      await new Promise((resolve) => server.close(resolve));
      throw error;
    }
  } catch (error) {
    if (hasCode(error, 'ERR_DMI_SOCKET')) throw error;
    throw new DmiSocketError(path, errorText(error), { cause: error });
  }
}

/** With its parents, one by one: node's own `recursive` never ends where a file system refuses with ENOENT, as /proc does. */
async function makeDirectory(path: string): Promise<void> {
  const make = () =>
    mkdir(path, DIRECTORY_MODE).catch((error) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  try {
    await make();
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await make();
  }
}

/** Free is a path without a file, or with a socket nobody answers on. */
async function checkFree(path: string): Promise<void> {
  if (!(await isSocket(path, path))) return;
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (answered) throw new DmiSocketError(path, 'another process listens on it; stop that one first');
}

/** False when there is nothing. @throws {DmiSocketError} for any other file: it is not ours to remove. */
async function isSocket(found: string, path: string): Promise<boolean> {
  try {
    if ((await lstat(found)).isSocket()) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw new DmiSocketError(path, `${found} is there and is no socket; move it away`);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function removeOwn(path: string, own: { ino: number; dev: number }): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isSocket() && found.ino === own.ino && found.dev === own.dev) await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
