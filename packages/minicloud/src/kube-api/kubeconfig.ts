import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeFileSafely } from '../pki/key-files.js';

export interface KubeconfigOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** Writes what `kubectl` and client libraries need, for its owner only (0600). @returns its path. */
export async function writeKubeconfig(options: KubeconfigOptions): Promise<string> {
  const { dataDir, host, port, ca, token } = options;
  const name = 'minicloud';
  const path = join(dataDir, 'kubeconfig');
  const text = stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [
        {
          name,
          cluster: {
            server: `https://${host}:${port}`,
            'certificate-authority-data': Buffer.from(ca).toString('base64'),
          },
        },
      ],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    },
    { lineWidth: 0 },
  );
  await writeFileSafely(path, `# Written at each start of the cloud; changes are lost.\n${text}`, 0o600);
  return path;
}
