import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '@edgecore/api';
import { CertificateFilesError } from '../errors.js';

export interface CertificatePaths {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** PEM texts; `undefined` for a file that is not there. */
export interface CertificateTexts {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

const DIRECTORY_MODE = 0o755;
const CERTIFICATE_MODE = 0o644;
const KEY_MODE = 0o600;

/**
 * The three PEM files. Key and certificate change together: both are written
 * to `<file>.new` first, and {@link load} finishes or undoes what a crash left
 * half done, so a loadable pair is there at any moment (edgehub.md §3.4).
 */
export class CertificateFiles {
  readonly #rename: typeof rename;
  /** The operation before: a dial loads the files while they may be being replaced. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `move` replaces `rename(2)` in tests that end half-way. */
  constructor(
    readonly paths: CertificatePaths,
    move: typeof rename = rename,
  ) {
    this.#rename = move;
  }

  /** @throws {CertificateFilesError} when a file is there but cannot be read. */
  load(): Promise<CertificateTexts> {
    return this.#alone(async () => {
      await this.#recover();
      const { paths } = this;
      const [ca, cert, key] = await Promise.all([paths.ca, paths.cert, paths.key].map(readIfThere));
      return { ca, cert, key };
    });
  }

  writeCa(pem: string): Promise<void> {
    return this.#alone(async () => {
      const temporary = `${this.paths.ca}.new`;
      await writeDurably(temporary, pem, CERTIFICATE_MODE);
      await this.#rename(temporary, this.paths.ca);
      await syncDirectory(dirname(this.paths.ca));
    });
  }

  replacePair(pair: CertificatePair): Promise<void> {
    return this.#alone(async () => {
      const { cert, key } = this.paths;
      await writeDurably(`${key}.new`, pair.key, KEY_MODE);
      await writeDurably(`${cert}.new`, pair.cert, CERTIFICATE_MODE);
      await this.#moveIn();
    });
  }

  /** Finishes a replacement that was cut off once both new files were whole; throws away what was not. */
  async #recover(): Promise<void> {
    const { cert, key } = this.paths;
    const [newCert, newKey] = await Promise.all([readIfThere(`${cert}.new`), readIfThere(`${key}.new`)]);
    if (newCert === undefined && newKey === undefined) return;
    const movingKey = newKey ?? (await readIfThere(key));
    if (newCert !== undefined && movingKey !== undefined && isPair(newCert, movingKey)) {
      await this.#moveIn(newKey !== undefined);
      return;
    }
    await Promise.all([rm(`${cert}.new`, { force: true }), rm(`${key}.new`, { force: true })]);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #moveIn(withKey = true): Promise<void> {
    const { cert, key } = this.paths;
    if (withKey) await this.#rename(`${key}.new`, key);
    await this.#rename(`${cert}.new`, cert);
    for (const directory of new Set([dirname(key), dirname(cert)])) await syncDirectory(directory);
  }
}

/** Do certificate and private key belong together? False also for texts that are neither. */
export function isPair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new CertificateFilesError(`${file} cannot be read; check its owner and mode`, true, { cause });
  }
}

async function writeDurably(file: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: DIRECTORY_MODE });
    // A file left by a crash could have another mode, which opening would keep.
    await rm(file, { force: true });
    const handle = await open(file, 'wx', mode);
    try {
      // Whatever the umask.
      await handle.chmod(mode);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new CertificateFilesError(
      `${file} cannot be written; check the directory, its owner and the free space`,
      // A full disk may have room again in a minute.
      !hasCode(cause, 'ENOSPC'),
      { cause },
    );
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
