import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where the embedded set-up keeps everything. */
export interface EmbeddedPaths {
  readonly root: string;
  /** The cloud: CA, token, database, admin socket. */
  readonly cloud: string;
  /** The node: configuration, certificates, database, pods, logs. */
  readonly node: string;
  /** Kubernetes manifests to run. */
  readonly manifests: string;
  readonly adminSocket: string;
  readonly config: string;
  readonly database: string;
  readonly certificates: string;
  readonly pods: string;
  readonly logs: string;
}

/** The directories below `--data-dir` (default `~/.edgecore`). */
export function embeddedPaths(dataDir = join(homedir(), '.edgecore')): EmbeddedPaths {
  const root = resolve(dataDir);
  const node = join(root, 'node');
  return {
    root,
    cloud: join(root, 'cloud'),
    node,
    manifests: join(root, 'manifests'),
    adminSocket: join(root, 'cloud', 'admin.sock'),
    config: join(node, 'edgecore.yaml'),
    database: join(node, 'edgecore.db'),
    certificates: join(node, 'certificates'),
    pods: join(node, 'pods'),
    logs: join(node, 'logs', 'pods'),
  };
}
