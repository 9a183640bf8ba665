import { execFile } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { certificateRequest, nodeSubject } from '../src/certificates/csr.js';
import './support/pki.js';
import { Pkcs10CertificateRequest } from '@peculiar/x509';

// edgehub.md §3.3
const NAME =
  '3068310b300906035504061302434e3111300f060355040813085a68656a69616e673111300f0603550407130848616e677a686f7531153013060355040a130c73797374656d3a6e6f646573311c301a0603550403131373797374656d3a6e6f64653a656467652d3031';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

describe('certification request (edgehub.md §11.6)', () => {
  test('the subject is the vector, byte for byte', () => {
    expect(nodeSubject('edge-01').toString('hex')).toBe(NAME);
  });

  test('OpenSSL reads and verifies it', async () => {
    const file = join(await tempDir(), 'csr.der');
    await writeFile(file, certificateRequest(nodeSubject('edge-01'), newKey()));
    const { stdout, stderr } = await promisify(execFile)('openssl', [
      ...['req', '-inform', 'DER', '-in', file, '-noout', '-subject', '-verify'],
    ]);
    expect(stdout + stderr).toMatch(/verify OK/);
    expect(stdout).toMatch(
      /C ?= ?CN, ST ?= ?Zhejiang, L ?= ?Hangzhou, O ?= ?system:nodes, CN ?= ?system:node:edge-01/,
    );
  });

  test('it carries and is signed by the key', async () => {
    const key = newKey();
    const request = new Pkcs10CertificateRequest(
      Uint8Array.from(certificateRequest(nodeSubject('edge-01'), key)),
    );
    expect(Buffer.from(request.publicKey.rawData)).toEqual(
      createPublicKey(key).export({ type: 'spki', format: 'der' }),
    );
    expect(await request.verify()).toBe(true);
  });

  test('names of any length keep their bytes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9._-]{1,253}$/), (name) => {
        const der = nodeSubject(name);
        expect(der.includes(Buffer.from(`system:node:${name}`))).toBe(true);
        // Long form lengths: tag, 0x81 or 0x82, length, content.
        const header = der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f);
        const length =
          der[1]! < 0x80 ? der[1]! : Number.parseInt(der.subarray(2, header).toString('hex'), 16);
        expect(header + length).toBe(der.length);
      }),
    );
  });
});
