import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A CA and a certificate for 127.0.0.1 signed by it, as a cloud has them. */
export interface CloudTls {
  readonly caDer: Buffer;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes one with the openssl command; a throw-away certificate for `CN` when given, signed by the same CA. */
export function makeCloudTls({ cn = 'cloud', days = 10 } = {}): CloudTls {
  const dir = mkdtempSync(join(tmpdir(), 'edgecore-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl(
      'req',
      '-x509',
      ...curve,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '10',
      '-subj',
      '/CN=test-ca',
    );
    openssl('req', ...curve, '-keyout', 'key', '-out', 'csr', '-subj', `/CN=${cn}`);
    writeFileSync(join(dir, 'ext'), 'subjectAltName=IP:127.0.0.1\n');
    openssl(
      ...['x509', '-req', '-in', 'csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-out', 'crt', '-days', String(days), '-extfile', 'ext'],
    );
    openssl('x509', '-in', 'ca.crt', '-outform', 'DER', '-out', 'ca.der');
    const text = (name: string) => readFileSync(join(dir, name), 'utf8');
    return {
      caDer: readFileSync(join(dir, 'ca.der')),
      ca: text('ca.crt'),
      cert: text('crt'),
      key: text('key'),
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
