import { type CloudProfileName, silentLogger } from '@edgecore/api';
import { CertificateAuthority, CertificateServer, createJoinToken, keyDer } from '@edgecore/minicloud';
import { GoldenCloud, type GoldenCloudOptions } from './golden-cloud.js';

/** A cloud for replays: real certificates, the certificate service, and the recorded hub behind them. */
export interface GoldenSite {
  readonly hub: GoldenCloud;
  readonly httpsPort: number;
  readonly token: string;
  close(): Promise<void>;
}

export async function startGoldenSite(
  options: Omit<GoldenCloudOptions, 'tls'>,
  profile: CloudProfileName = '2020',
): Promise<GoldenSite> {
  const authority = await CertificateAuthority.create(Date.now);
  const server = await authority.issueServer(['127.0.0.1'], 3_600_000);
  const hub = await GoldenCloud.start({ ...options, tls: { ...server, ca: authority.certPem } });
  const https = await CertificateServer.listen({
    authority,
    server,
    profile,
    host: '127.0.0.1',
    port: 0,
    now: Date.now,
    nodeExists: () => false,
    logger: silentLogger,
  });
  const token = createJoinToken({
    caDer: authority.der,
    keyDer: keyDer(authority.key),
    expiresAtMs: Date.now() + 3_600_000,
  });
  return {
    hub,
    httpsPort: https.port,
    token,
    async close() {
      await hub.close();
      await https.close();
    },
  };
}
