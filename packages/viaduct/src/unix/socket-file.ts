import { once } from 'node:events';
import { chmod, lstat, rename, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { hasCode } from '@edgecore/api';
import { SocketFileError } from '../errors.js';
import { makeDirectory } from './make-directory.js';

/** `sun_path` of Linux, without its closing zero. */
const MAX_PATH_BYTES = 107;
const TEMPORARY = '.new';

/** A Unix socket in the file system that this process listens on. */
export interface SocketFile {
  /**
   * Removes it, unless another process has put its own there. Never
   * rejects. To be called before the server closes: then nobody finds a deaf one.
   */
  remove(): Promise<void>;
}

export interface SocketFileOptions {
  /** Rights of the socket: who may connect. */
  readonly mode: number;
  /** Rights of directories that are missing and made. @default none are made */
  readonly directoryMode?: number;
}

/**
 * Makes a server listen on a Unix socket, under a temporary name (`<path>.new`) first that is then renamed: nobody ever
 * finds a socket with other rights than `mode`, or one that does not answer. A socket nobody answers on, left by a process
 * that was killed, is replaced; one that answers and anything that is no socket stay.
 *
 * @throws {SocketFileError} when it cannot be made; no socket is left behind and the server is closed then.
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  { mode, directoryMode }: SocketFileOptions,
): Promise<SocketFile> {
  const temporary = `${path}${TEMPORARY}`;
  if (Buffer.byteLength(temporary) > MAX_PATH_BYTES) {
    const most = MAX_PATH_BYTES - TEMPORARY.length;
    throw new SocketFileError('too-long', path, `a socket's path has at most ${most} bytes`);
  }
  try {
    if (directoryMode !== undefined) await makeDirectory(dirname(path), directoryMode);
    await checkFree(path);
    if (await isSocket(temporary, path)) await unlink(temporary);
    server.listen(temporary);
    await once(server, 'listening');
    try {
      await chmod(temporary, mode);
      const own = await lstat(temporary);
      await rename(temporary, path);
      return { remove: () => removeOwn(path, own) };
    } catch (error) {
      // Also removes the file it was bound to.
      await new Promise((resolve) => server.close(resolve));
      throw error;
    }
  } catch (error) {
    if (hasCode(error, 'ERR_SOCKET_FILE')) throw error;
    throw new SocketFileError('refused', path, 'the system does not let it be made', { cause: error });
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
  if (answered)
    throw new SocketFileError('taken', path, 'another process listens on it; stop that one first');
}

/** False when there is nothing. @throws {SocketFileError} for any other file: it is not ours to remove. */
async function isSocket(found: string, path: string): Promise<boolean> {
  try {
    if ((await lstat(found)).isSocket()) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw new SocketFileError('not-a-socket', path, `${found} is there and is no socket; move it away`);
}

async function removeOwn(path: string, own: { ino: number; dev: number }): Promise<void> {
  try {
    const found = await lstat(path);
    if (found.isSocket() && found.ino === own.ino && found.dev === own.dev) await unlink(path);
  } catch {
    // Gone already; or it stays, and is replaced at the next start.
  }
}
