import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { errorText, hasCode } from '@edgecore/api';
import { listenOnSocket, type SocketFile, type SocketFileError } from '@edgecore/viaduct';
import { DmiSocketError } from './errors.js';

const NAME = 'dmi.sock';
const DIRECTORY_MODE = 0o750;
const SOCKET_MODE = 0o660;

/** `dmiSockPath` names a directory; a value ending in `.sock` is reduced to its directory, as upstream does. */
export function socketPath(dmiSockPath: string): string {
  return join(dmiSockPath.endsWith('.sock') ? dirname(dmiSockPath) : dmiSockPath, NAME);
}

/** @throws {DmiSocketError} when it cannot be made; nothing but the directory is left behind then. */
export async function listenOn(server: Server, path: string): Promise<SocketFile> {
  try {
    return await listenOnSocket(server, path, { mode: SOCKET_MODE, directoryMode: DIRECTORY_MODE });
  } catch (error) {
    throw new DmiSocketError(path, reasonOf(error), { cause: causeOf(error) });
  }
}

function reasonOf(error: unknown): string {
  if (!isSocketFileError(error)) return errorText(error);
  return error.reason === 'too-long' ? `${error.message}; set a shorter dmiSockPath` : error.message;
}

/** What is in the text already is no cause besides. */
function causeOf(error: unknown): unknown {
  return isSocketFileError(error) ? error.cause : error;
}

function isSocketFileError(error: unknown): error is SocketFileError {
  return hasCode(error, 'ERR_SOCKET_FILE');
}
