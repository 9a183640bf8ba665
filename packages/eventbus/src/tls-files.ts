import { readFileSync } from 'node:fs';
import { errorText } from '@edgecore/api';
import { InvalidEventBusOptionError } from './errors.js';
import type { ExternalTls, InternalTls } from './options.js';

export interface TlsMaterial {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws {InvalidEventBusOptionError} naming the file that cannot be read (eventbus.md §2). */
export function readExternalTls({ caFile, certFile, keyFile }: ExternalTls): TlsMaterial {
  return {
    ca: read('tls.caFile', caFile),
    cert: read('tls.certFile', certFile),
    key: read('tls.keyFile', keyFile),
  };
}

/** @throws {InvalidEventBusOptionError} naming the file that cannot be read. */
export function readInternalTls({ certFile, keyFile, clientCaFile }: InternalTls): TlsMaterial {
  return {
    ca: clientCaFile === undefined ? undefined : read('internalTls.clientCaFile', clientCaFile),
    cert: read('internalTls.certFile', certFile),
    key: read('internalTls.keyFile', keyFile),
  };
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidEventBusOptionError(option, `cannot be read, check the file: ${errorText(error)}`, {
      cause: error,
    });
  }
}
