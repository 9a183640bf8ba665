import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** PEM files of a throw-away CA, a server for 127.0.0.1 and a client. */
export interface PkiFiles {
  readonly ca: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly clientCert: string;
  readonly clientKey: string;
}

export async function makePki(): Promise<PkiFiles> {
  const directory = await tempDir('ec-pki-');
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const valid = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=test', keys: caKeys, signingAlgorithm: ALGORITHM, ...valid },
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const save = async (name: string, pem: string) => {
    const path = join(directory, name);
    await writeFile(path, pem);
    return path;
  };
  const pair = async (name: string) => {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const cert = await x509.X509CertificateGenerator.create({
      ...{
        subject: `CN=${name}`,
        issuer: ca.subject,
        publicKey: keys.publicKey,
        signingKey: caKeys.privateKey,
      },
      ...{ signingAlgorithm: ALGORITHM, ...valid },
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return {
      cert: await save(`${name}.crt`, cert.toString('pem')),
      key: await save(`${name}.key`, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')),
    };
  };
  const server = await pair('server');
  const client = await pair('client');
  return {
    ca: await save('ca.crt', ca.toString('pem')),
    ...{ serverCert: server.cert, serverKey: server.key, clientCert: client.cert, clientKey: client.key },
  };
}
