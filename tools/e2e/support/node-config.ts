import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EdgeCoreConfig, loadConfig } from '@edgecore/edgecore';
import { PAUSE_IMAGE } from '@edgecore/testing';

export interface NodeConfigOptions {
  /** Everything of the node goes here. */
  readonly dir: string;
  readonly nodeName: string;
  readonly format: 'v1alpha1' | 'v1alpha2';
  readonly httpsPort: number;
  readonly hubPort: number;
  readonly token: string;
  readonly runtime: 'docker' | 'process';
  readonly podStatusSyncSeconds?: number;
}

/** The text of an `edgecore.yaml` as an operator would write it for a cloud on this machine. */
export function nodeYaml(options: NodeConfigOptions): string {
  const { dir, format } = options;
  const metaManager =
    format === 'v1alpha1' && options.podStatusSyncSeconds !== undefined
      ? `  metaManager:\n    podStatusSyncInterval: ${options.podStatusSyncSeconds}\n`
      : '';
  return `apiVersion: edgecore.config.kubeedge.io/${format}
kind: EdgeCore
database:
  dataSource: ${join(dir, 'edgecore.db')}
modules:
  edgeHub:
    httpServer: https://127.0.0.1:${options.httpsPort}
    token: "${options.token}"
    tlsCaFile: ${join(dir, 'ca.crt')}
    tlsCertFile: ${join(dir, 'edge.crt')}
    tlsPrivateKeyFile: ${join(dir, 'edge.key')}
    websocket:
      server: 127.0.0.1:${options.hubPort}
  edged:
    hostnameOverride: ${options.nodeName}
    podSandboxImage: ${PAUSE_IMAGE}
${metaManager}`;
}

/** The same as a loaded configuration, with pods and logs below `dir`. */
export async function nodeConfig(options: NodeConfigOptions): Promise<EdgeCoreConfig> {
  const file = join(options.dir, 'edgecore.yaml');
  await writeFile(file, nodeYaml(options), { mode: 0o600 });
  const { config } = await loadConfig(file);
  return {
    ...config,
    edged: {
      ...config.edged,
      runtime: { ...config.edged.runtime, choice: options.runtime },
      directories: { root: join(options.dir, 'pods'), podLogs: join(options.dir, 'logs'), staticPods: '' },
    },
  };
}
