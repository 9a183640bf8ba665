import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { CertificateAuthority } from '@edgecore/minicloud';

const HOUR_MS = 3_600_000;

/** Both ends of a mutual TLS connection on loopback, PEM. */
export async function tlsPair() {
  const authority = await CertificateAuthority.create(Date.now);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = await authority.issue(
    {
      commonName: 'system:node:bench',
      organizations: ['system:nodes'],
      publicKey: Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })),
      names: [],
    },
    { validityMs: HOUR_MS, keepNames: false },
  );
  return {
    server: { ...(await authority.issueServer(['127.0.0.1'], HOUR_MS)), ca: authority.certPem },
    client: {
      cert: new X509Certificate(der).toString(),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      ca: authority.certPem,
    },
  };
}
