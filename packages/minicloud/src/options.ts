import { hostname } from 'node:os';
import { join } from 'node:path';
import { type CloudProfileName, type Logger, silentLogger } from '@edgecore/api';

export interface MinicloudOptions {
  /** Directory of the CA, its key, the token and the database. Made when missing, mode 0700. */
  readonly dataDir: string;
  /** Directory of `*.yaml`, `*.yml`, `*.json` manifests to apply and follow. Default: none. */
  readonly manifestsDir?: string;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port of the hub (WebSocket). Default 0: any free one; CloudCore's is 10000. */
  readonly hubPort?: number;
  /** Port of the certificate endpoint (HTTPS). Default 0: any free one; CloudCore's is 10002. */
  readonly httpsPort?: number;
  /** Port of the stream tunnel (WebSocket), for logs and exec. Default 0: any free one; CloudCore's is 10004. */
  readonly tunnelPort?: number;
  /** Port of the Kubernetes API, always on 127.0.0.1. Default 0: any free one; `<dataDir>/kubeconfig` has it. */
  readonly kubePort?: number;
  /** Without a sign of life for so long a stream tunnel is closed. Default 30 000 ms; edges ping every 5 s. */
  readonly tunnelSilenceMs?: number;
  /** How long a node may take to register once its stream tunnel stands (profile `current`). Default 120 000 ms. */
  readonly tunnelAnnounceMs?: number;
  /** Disk for what slow readers of logs and exec have not read yet, all together. Default 1 GiB. */
  readonly streamBacklogBytes?: number;
  /** IP addresses and DNS names edges may dial; they go into the server certificate. Default `127.0.0.1` and `localhost`, plus `host`. */
  readonly advertiseAddresses?: readonly string[];
  /** Which cloud to be: KubeEdge of 2020, or v1.23. Default `current`. */
  readonly profile?: CloudProfileName;
  /** Default: logs nothing. */
  readonly logger?: Logger;
  /** The admin socket. Default `<dataDir>/admin.sock`; `false` for none. */
  readonly adminSocket?: string | false;
  /** Without a keepalive message for so long a connection is closed. Default 30 000 ms (wire.md §5.3). */
  readonly keepaliveTimeoutMs?: number;
  /** Pause between sends of an unconfirmed message; five sends. Default 5000 ms (wire.md §5.5). */
  readonly ackIntervalMs?: number;
  /** Period of the resync. Default 5000 ms (wire.md §5.6). */
  readonly resyncIntervalMs?: number;
  /** A node without status or lease for so long is not ready. Default 40 000 ms. */
  readonly nodeGraceMs?: number;
  /** Life of a join token; a new one is made at half of it. Default 24 h. */
  readonly tokenLifeMs?: number;
  /** Quiet time before changed manifests are read. Default 200 ms. */
  readonly manifestDebounceMs?: number;
  /** Manifests are read at least this often. Default 10 000 ms. */
  readonly manifestRescanMs?: number;
  /** Be v1.23.1 also in its fault: the first report of a property is confirmed and lost (devicetwin.md §8.4). Default false. */
  readonly firstReportIsLost?: boolean;
  /** Nodes may list and watch services, endpoints and pods (profile `current`). Default true; a CloudCore has it off unless told otherwise. */
  readonly dynamicController?: boolean;
  /** Clock, milliseconds since the epoch; for tests. Default `Date.now`. */
  readonly now?: () => number;
}

export type ResolvedOptions = Required<Omit<MinicloudOptions, 'manifestsDir'>> &
  Pick<MinicloudOptions, 'manifestsDir'>;

/** Fills in the defaults. */
export function resolveOptions(options: MinicloudOptions): ResolvedOptions {
  const host = options.host ?? '127.0.0.1';
  const wildcard = host === '0.0.0.0' || host === '::';
  const local = ['127.0.0.1', 'localhost', ...(wildcard ? [hostname()] : [host])];
  return {
    hubPort: 0,
    httpsPort: 0,
    tunnelPort: 0,
    kubePort: 0,
    tunnelSilenceMs: 30_000,
    tunnelAnnounceMs: 120_000,
    streamBacklogBytes: 1024 ** 3,
    profile: 'current',
    logger: silentLogger,
    adminSocket: join(options.dataDir, 'admin.sock'),
    keepaliveTimeoutMs: 30_000,
    ackIntervalMs: 5000,
    resyncIntervalMs: 5000,
    nodeGraceMs: 40_000,
    tokenLifeMs: 24 * 3_600_000,
    manifestDebounceMs: 200,
    manifestRescanMs: 10_000,
    firstReportIsLost: false,
    dynamicController: true,
    now: Date.now,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    dataDir: options.dataDir,
    host,
    advertiseAddresses: options.advertiseAddresses ?? [...new Set(local)],
  };
}
