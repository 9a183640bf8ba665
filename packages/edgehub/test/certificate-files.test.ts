import { rename, stat, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CertificateFiles, isPair } from '../src/certificates/certificate-files.js';
import { certificatePaths, writePair } from './support/node.js';
import { type IssuedPair, TestCa } from './support/pki.js';

let ca: TestCa;
let before: IssuedPair;
let after: IssuedPair;

beforeAll(async () => {
  ca = await TestCa.create();
  [before, after] = [await ca.pair(), await ca.pair()];
});

async function filesOf(move?: typeof rename) {
  const paths = await certificatePaths();
  await writePair(paths, ca.pem, before);
  const { tlsCaFile, tlsCertFile: cert, tlsPrivateKeyFile: key } = paths;
  return new CertificateFiles({ ca: tlsCaFile, cert, key }, move);
}

describe('replacing the pair (edgehub.md §3.4, §11.10)', () => {
  // Dies before rename number `steps`.
  test.each([0, 1, 2])('a crash after %d renames leaves a loadable pair', async (steps) => {
    let left = steps;
    const dying = await filesOf(async (from, to) => {
      if (left-- === 0) throw new Error('killed');
      await rename(from, to);
    });
    const replaced = dying.replacePair(after);
    if (steps < 2) await expect(replaced).rejects.toThrow('killed');
    else await replaced;

    const next = new CertificateFiles(dying.paths);
    const { cert, key } = await next.load();
    expect(isPair(cert!, key!)).toBe(true);
    // Both were durable, so the new one counts.
    expect(cert).toBe(after.cert);
    await expect(stat(`${next.paths.cert}.new`)).rejects.toThrow('ENOENT');
    await expect(stat(`${next.paths.key}.new`)).rejects.toThrow('ENOENT');
  });

  test.each(['key', 'cert'] as const)('a torn %s.new is thrown away', async (which) => {
    const files = await filesOf();
    await writeFile(`${files.paths[which]}.new`, after[which].slice(0, 50));
    if (which === 'cert') await writeFile(`${files.paths.key}.new`, after.key);
    const { cert, key } = await files.load();
    expect([cert, key]).toEqual([before.cert, before.key]);
    await expect(stat(`${files.paths.key}.new`)).rejects.toThrow('ENOENT');
    await expect(stat(`${files.paths.cert}.new`)).rejects.toThrow('ENOENT');
  });

  test('who loads while the pair is being replaced gets a pair, and does not disturb it', async () => {
    const loads: ReturnType<CertificateFiles['load']>[] = [];
    const files = await filesOf(async (from, to) => {
      loads.push(files.load());
      // Time for the load to do its work, were it not made to wait.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await rename(from, to);
    });
    await files.replacePair(after);
    expect(loads).toHaveLength(2);
    for (const { cert, key } of await Promise.all(loads))
      expect([cert, key]).toEqual([after.cert, after.key]);
  });

  test('modes do not depend on what a crash left or on the umask', async () => {
    const files = await filesOf();
    await writeFile(`${files.paths.key}.new`, 'torn', { mode: 0o666 });
    const mask = process.umask(0o077);
    try {
      await files.replacePair(after);
      await files.writeCa(ca.pem);
    } finally {
      process.umask(mask);
    }
    const mode = async (file: string) => (await stat(file)).mode & 0o777;
    expect(await mode(files.paths.key)).toBe(0o600);
    expect(await mode(files.paths.cert)).toBe(0o644);
    expect(await mode(files.paths.ca)).toBe(0o644);
  });

  test('a directory that cannot be written is named', async () => {
    const files = await filesOf();
    const blocked = new CertificateFiles({ ...files.paths, key: `${files.paths.cert}/key.pem` });
    await expect(blocked.replacePair(after)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_CERTIFICATE_FILES',
        message: expect.stringContaining('key.pem.new'),
      }),
    );
  });

  test('nothing there is nothing, not an error', async () => {
    const { tlsCaFile, tlsCertFile: cert, tlsPrivateKeyFile: key } = await certificatePaths();
    expect(await new CertificateFiles({ ca: tlsCaFile, cert, key }).load()).toEqual({});
  });
});
