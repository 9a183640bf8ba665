import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Check, type CheckResult, failed, ok, skip, warning } from '../check.js';

const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

/** Are certificate, key and CA there, do they belong together, and for how long are they good? */
export const certificateCheck: Check = {
  name: 'certificates',
  async run({ config, now }) {
    if (!config?.edgeHub.enabled) return skip('not needed without a cloud; the embedded one issues its own');
    const { caFile, certFile, keyFile } = config.edgeHub.tls;
    const files = await Promise.all([caFile, certFile, keyFile].map(readOrCode));
    const missing = files.filter(({ code }) => code === 'ENOENT').length;
    if (missing === 3) {
      const { bootstrapFileFor, readBootstrapToken } = await import('@edgecore/edgecore');
      const token =
        config.edgeHub.token || (config.file && (await readBootstrapToken(bootstrapFileFor(config.file))));
      return token
        ? ok('none yet; they will be fetched with the token')
        : failed('there are neither certificates nor a token', 'run edgecore join with a token');
    }
    const bad = files.findIndex(({ text }) => text === undefined);
    if (bad >= 0) {
      const name = [caFile, certFile, keyFile][bad];
      return failed(`${name} cannot be read (${files[bad]!.code})`, 'restore it, or join again');
    }
    const [ca, cert, key] = files.map(({ text }) => text!);
    return inspect({ ca: ca!, cert: cert!, key: key! }, config.node.name, now);
  },
};

function inspect(pem: { ca: string; cert: string; key: string }, nodeName: string, now: number): CheckResult {
  let cert: X509Certificate;
  let ca: X509Certificate;
  try {
    ca = new X509Certificate(pem.ca);
    cert = new X509Certificate(pem.cert);
    if (!cert.checkPrivateKey(createPrivateKey(pem.key))) {
      return failed('key and certificate do not belong together', 'delete both and start with a token');
    }
  } catch {
    return failed('a certificate or key file is damaged', 'delete all three and start with a token');
  }
  if (!cert.checkIssued(ca) || !cert.verify(ca.publicKey)) {
    return failed('the certificate is not from the CA beside it', 'delete all three and start with a token');
  }
  const until = Date.parse(cert.validTo);
  const days = Math.floor((until - now) / DAY_MS);
  const name = /(?:^|\n)CN=(.*)/.exec(cert.subject)?.[1] ?? '';
  const found = `${name}, valid until ${new Date(until).toISOString().slice(0, 10)}`;
  if (now < Date.parse(cert.validFrom)) return failed(`${found}, but not valid yet`, 'check the clock');
  if (days < 0) return failed(`${found}: expired`, 'join again with a new token');
  if (name !== `system:node:${nodeName}` && name !== 'kubeedge.io') {
    return failed(
      `${found}: made for another node than ${nodeName}`,
      'delete all three and start with a token',
    );
  }
  return days < SOON_DAYS
    ? warning(`${found} (${days} days)`, 'it is renewed by a running agent; is the cloud reachable?')
    : ok(found);
}

async function readOrCode(file: string): Promise<{ text?: string; code?: string }> {
  return readFile(file, 'utf8').then(
    (text) => ({ text }),
    ({ code }: NodeJS.ErrnoException) => ({ code: code ?? 'unknown' }),
  );
}
