import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MinicloudStartError } from '../errors.js';
import { CertificateAuthority } from './authority.js';
import { generateKey, importKey, keyPem, type SigningKey } from './crypto.js';

/** Loads the CA of a data directory (`ca.crt`, `ca.key`), or makes one. @throws {MinicloudStartError} when the files do not fit together. */
export async function loadAuthority(dataDir: string, now: () => number): Promise<CertificateAuthority> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const [cert, key] = await Promise.all([read(join(dataDir, 'ca.crt')), read(join(dataDir, 'ca.key'))]);
  if (cert === undefined && key === undefined) {
    const authority = await CertificateAuthority.create(now);
    // The key first: a certificate without its key could never be used again.
    await writeFileSafely(join(dataDir, 'ca.key'), keyPem(authority.key), 0o600);
    await writeFileSafely(join(dataDir, 'ca.crt'), authority.certPem, 0o644);
    return authority;
  }
  if (key !== undefined && cert === undefined) {
    await rm(join(dataDir, 'ca.key'));
    return loadAuthority(dataDir, now);
  }
  if (cert === undefined || key === undefined) {
    throw new MinicloudStartError(
      `${join(dataDir, 'ca.key')} is missing but ca.crt is there: restore the key, or remove ca.crt and let every node join again`,
    );
  }
  try {
    const authority = new CertificateAuthority(cert, await importKey(key), now);
    if (!authority.certificate.checkPrivateKey(authority.key.private))
      throw new Error('they do not belong together');
    return authority;
  } catch (cause) {
    throw new MinicloudStartError(`ca.crt and ca.key in ${dataDir} cannot be used`, { cause });
  }
}

/** The key that signs service account tokens (`sa.key`), made when missing. */
export async function loadTokenKey(dataDir: string): Promise<SigningKey> {
  const path = join(dataDir, 'sa.key');
  const pem = await read(path);
  if (pem !== undefined) return importKey(pem);
  const key = await generateKey();
  await writeFileSafely(path, keyPem(key), 0o600);
  return key;
}

/** Writes beside the file, flushes, renames: a crash leaves the old file or the new one. */
export async function writeFileSafely(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(draft, mode);
  await rename(draft, path);
}

function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MinicloudStartError(`cannot read ${path}`, { cause: error });
  });
}
