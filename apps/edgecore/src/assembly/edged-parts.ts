import { mkdir } from 'node:fs/promises';
import type { CloudLink } from '@edgecore/api';
import type { ContainerRuntime } from '@edgecore/container-runtime';
import { CloudReporter, Edged, NodePressure, nodeAllocatable, nodeIp, systemHost } from '@edgecore/edged';
import type { EdgeMesh } from '@edgecore/edgemesh';
import type { EdgeCoreConfig } from '../config/index.js';
import { edgedSocketPath } from './socket-path.js';

export interface EdgedParts {
  readonly edged: Edged;
  /** The node's addresses, best first. */
  addresses(): readonly string[];
}

export interface EdgedPartsOptions {
  readonly config: EdgeCoreConfig;
  readonly link: CloudLink;
  readonly runtime: ContainerRuntime;
  readonly databaseRecreated: boolean;
  /** As `v0.1.0`. */
  readonly agentVersion: string;
  /** The agent's own figures, for `/metrics`. */
  readonly metrics: () => Promise<string>;
  /** Its DNS server is the first one pods ask, and it hears of their statuses. */
  readonly mesh: EdgeMesh | undefined;
}

/** Edged and its reporting half out of the configuration. */
export async function edgedParts(options: EdgedPartsOptions): Promise<EdgedParts> {
  const { config, link, runtime, mesh } = options;
  const meshDns = mesh?.dnsServer;
  const { node, edged } = config;
  const address = await nodeIp(systemHost, {
    nodeName: node.name,
    nodeIp: node.ip,
    interfaceName: node.interfaceName,
  });
  // A machine without any network still runs pods: they share its loopback.
  const addresses = [address ?? '127.0.0.1'];
  // Its file system can be measured once it is there; who may not make it is told by the first pod.
  await mkdir(edged.directories.root, { recursive: true, mode: 0o750 }).catch(() => undefined);
  const allocatable = await nodeAllocatable(systemHost, {
    rootDirectory: edged.directories.root,
    thresholds: edged.eviction.hard,
    dialect: config.cloudProfile === '2020' ? 'legacy' : 'modern',
  });
  const { hard, soft, softGraceMs, minimumReclaim } = edged.eviction;
  const pressure = new NodePressure({
    thresholds: { hard, soft, softGraceMs, minimumReclaim },
    rootDirectory: edged.directories.root,
    ...(runtime.capabilities.images && {
      imageRoot: async () => (await runtime.imageFilesystem()).path,
    }),
    pressureTransitionMs: edged.eviction.pressureTransitionMs,
  });
  const reporter = new CloudReporter({
    nodeName: node.name,
    link,
    runtime,
    agentVersion: options.agentVersion,
    nodeIp: addresses[0]!,
    registerNode: node.register,
    registerNamespace: node.namespace,
    nodeLabels: node.labels,
    registerWithTaints: node.taints,
    registerSchedulable: node.schedulable,
    maxPods: edged.pods.max,
    kubeletPort: edged.http.port,
    nodeStatusPeriodMs: edged.status.updateMs,
    nodeReportPeriodMs: edged.status.reportMs,
    leaseDurationSeconds: edged.status.leaseSeconds,
    rootDirectory: edged.directories.root,
    thresholds: edged.eviction.hard,
    pressure,
    reportEvent: edged.events.report,
    eventsPerSecond: edged.events.perSecond,
    eventBurst: edged.events.burst,
  });
  const pods = new Edged({
    nodeName: node.name,
    runtime,
    link,
    reporter,
    nodeIps: () => addresses,
    rootDirectory: edged.directories.root,
    podLogsDir: edged.directories.podLogs,
    sandboxImage: edged.runtime.sandboxImage,
    clusterDns: [...(meshDns === undefined ? [] : [meshDns]), ...edged.dns.servers],
    // Names of services are looked up by pods as the mesh knows them.
    clusterDomain: edged.dns.domain || (meshDns === undefined ? '' : config.edgeMesh.clusterDomain),
    resolvConf: edged.dns.resolvConf,
    staticPodPath: edged.directories.staticPods,
    staticPodCheckMs: edged.pods.staticCheckMs,
    maxPods: edged.pods.max,
    allocatable,
    registerNodeNamespace: node.namespace,
    cpuCfsQuota: edged.pods.cpuQuota,
    // Only root may make cgroups.
    cgroupsPerQos: edged.pods.cgroupsPerQos && process.getuid?.() === 0,
    cgroupRoot: edged.pods.cgroupRoot,
    seccompDefault: edged.pods.seccompDefault ? 'RuntimeDefault' : 'Unconfined',
    serializeImagePulls: edged.runtime.serializePulls,
    imagePullProgressDeadlineMs: edged.runtime.pullProgressDeadlineMs,
    syncMs: edged.pods.syncMs,
    deadContainers: edged.containerGc.maxPerPod,
    deadContainerAgeMs: edged.containerGc.minAgeMs,
    imageGc: edged.imageGc,
    eviction: { pressure, maxPodGraceMs: edged.eviction.maxPodGraceSeconds * 1000 },
    csiControllerDriver: edged.csi.controllerDriver,
    csiDriversWithoutAttach: edged.csi.driversWithoutAttach,
    http: {
      address: edged.http.address,
      port: edged.http.listen ? edged.http.port : 0,
      socket: edgedSocketPath(config),
      streamIdleTimeoutMs: edged.http.streamIdleTimeoutMs,
      metrics: options.metrics,
    },
    databaseRecreated: options.databaseRecreated,
    onNodeEvent: (event) => reporter.events.nodeEvent(event),
    onEvent: (event) => reporter.events.podEvent(event),
    ...(mesh && { onStatus: () => mesh.podsChanged() }),
  });
  return { edged: pods, addresses: () => addresses };
}
