import type { Hub } from '../hub/hub.js';
import { KubeApiServer } from '../kube-api/kube-api-server.js';
import { writeKubeconfig } from '../kube-api/kubeconfig.js';
import { NodeLink } from '../kube-api/node-link.js';
import type { ObjectStore } from '../objects/object-store.js';
import type { ResolvedOptions } from '../options.js';
import type { CertificateAuthority } from '../pki/authority.js';
import { announcePort } from './announce-port.js';
import { DiskBudget } from './backlog.js';
import { TunnelServer } from './tunnel-server.js';

const DAY_MS = 86_400_000;

export interface CloudStreamParts {
  readonly options: ResolvedOptions;
  readonly objects: ObjectStore;
  readonly authority: CertificateAuthority;
  /** The hub's certificate, for the tunnel server too; PEM. */
  readonly server: { readonly cert: string; readonly key: string };
  readonly hub: Pick<Hub, 'isConnected'>;
}

/** The running CloudStream: tunnels of nodes on one side, the Kubernetes API on the other. */
export interface CloudStream {
  readonly tunnelPort: number;
  readonly kubePort: number;
  readonly kubeconfig: string;
  hasTunnel(node: string): boolean;
  close(): Promise<void>;
}

/** Opens both sides and writes the kubeconfig. @throws the listen error. */
export async function startCloudStream(parts: CloudStreamParts): Promise<CloudStream> {
  const { options, objects, authority, server, hub } = parts;
  const { host, profile, dataDir, logger } = options;
  const tunnels = await TunnelServer.listen({
    host,
    port: options.tunnelPort,
    tls: { ...server, ca: authority.certPem },
    profile,
    silenceMs: options.tunnelSilenceMs,
    logger,
    // 2020's edge says itself where its logs are.
    onConnected: async (node, gone) =>
      profile === '2020'
        ? undefined
        : announcePort(node, { objects, waitMs: options.tunnelAnnounceMs, logger, gone }),
  });
  try {
    const address = options.advertiseAddresses[0] ?? host;
    const api = await KubeApiServer.listen({
      port: options.kubePort,
      tls: await authority.issueServer(['127.0.0.1', 'localhost'], 365 * DAY_MS),
      objects,
      budget: new DiskBudget(dataDir, options.streamBacklogBytes),
      link: new NodeLink({
        profile,
        tunnel: (node) => tunnels.tunnel(node),
        isConnected: (node) => hub.isConnected(node),
        tunnelAddress: () => `${address}:${tunnels.port}`,
      }),
      logger,
    });
    const ca = authority.certPem;
    const kubeconfig = await writeKubeconfig({
      dataDir,
      host: api.host,
      port: api.port,
      ca,
      token: api.token,
    });
    return {
      tunnelPort: tunnels.port,
      kubePort: api.port,
      kubeconfig,
      hasTunnel: (node) => tunnels.tunnel(node) !== undefined,
      close: async () => {
        await api.close();
        await tunnels.close();
      },
    };
  } catch (error) {
    await tunnels.close();
    throw error;
  }
}
