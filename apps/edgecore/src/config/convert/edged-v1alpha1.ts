import type { EdgedConfig, NodeConfig, Taint } from '../model.js';
import type { ConfigReader } from '../reader.js';
import { csiOf } from './csi.js';
import { dockerEndpoint, runtimeChoice } from './runtime-endpoint.js';

const EDGED = 'modules.edged';
const MINUTE_MS = 60_000;

export function convertNode2020(reader: ConfigReader): NodeConfig {
  return {
    // Capital letters were let through (with a warning); Kubernetes wants none.
    name: reader.text(`${EDGED}.hostnameOverride`),
    namespace: reader.text(`${EDGED}.registerNodeNamespace`),
    ip: reader.text(`${EDGED}.nodeIP`),
    interfaceName: reader.text(`${EDGED}.customInterfaceName`) || reader.text(`${EDGED}.interfaceName`),
    register: reader.bool(`${EDGED}.registerNode`),
    schedulable: true,
    labels: reader.map(`${EDGED}.labels`),
    annotations: reader.map(`${EDGED}.annotations`),
    taints: reader.list(`${EDGED}.taints`) as unknown as readonly Taint[],
  };
}

/** 2020's `edged` section; what it could not configure has the value its program had built in. */
export function convertEdged2020(reader: ConfigReader): EdgedConfig {
  const number = (key: string) => reader.number(`${EDGED}.${key}`);
  return {
    enabled: reader.bool(`${EDGED}.enable`),
    runtime: {
      choice: runtimeChoice(reader),
      instance: reader.text('edgecoreTs.edged.instance'),
      dockerEndpoint: dockerEndpoint(reader).docker,
      // Documented upstream as seconds, used as minutes.
      requestTimeoutMs: number('runtimeRequestTimeout') * MINUTE_MS,
      sandboxImage: reader.text(`${EDGED}.podSandboxImage`),
      pullProgressDeadlineMs: number('imagePullProgressDeadline') * 1000,
      serializePulls: false,
      maxParallelPulls: undefined,
      cgroupDriver: reader.text(`${EDGED}.cgroupDriver`) === 'systemd' ? 'systemd' : 'cgroupfs',
    },
    dns: {
      servers: reader
        .text(`${EDGED}.clusterDNS`)
        .split(',')
        .map((server) => server.trim())
        .filter((server) => server !== ''),
      domain: reader.text(`${EDGED}.clusterDomain`),
      resolvConf: '/etc/resolv.conf',
    },
    directories: {
      root: reader.text('edgecoreTs.edged.rootDirectory') || '/var/lib/edged',
      podLogs: reader.text('edgecoreTs.edged.podLogsDir') || '/var/log/pods',
      staticPods: reader.text('edgecoreTs.edged.staticPodPath'),
    },
    http: {
      listen: reader.bool('edgecoreTs.edged.listenHttp'),
      address: '127.0.0.1',
      port: 10_350,
      streamIdleTimeoutMs: 4 * 60 * MINUTE_MS,
    },
    status: {
      updateMs: number('nodeStatusUpdateFrequency') * 1000,
      reportMs: 5 * MINUTE_MS,
      leaseSeconds: 40,
      maxImages: 0,
    },
    pods: {
      max: 110,
      workers: number('concurrentConsumers'),
      syncMs: MINUTE_MS,
      staticCheckMs: 20_000,
      allowedUnsafeSysctls: [],
      cpuQuota: false,
      cgroupsPerQos: reader.bool(`${EDGED}.cgroupsPerQOS`),
      cgroupRoot: reader.text(`${EDGED}.cgroupRoot`),
      seccompDefault: false,
    },
    csi: csiOf(reader),
    events: { report: false, perSecond: 50, burst: 100 },
    containerGc: { minAgeMs: MINUTE_MS, maxPerPod: number('maximumDeadContainersPerPod'), maxTotal: -1 },
    imageGc: {
      highPercent: number('imageGCHighThreshold'),
      lowPercent: number('imageGCLowThreshold'),
      minAgeMs: 2 * MINUTE_MS,
      maxAgeMs: 0,
    },
    eviction: {
      hard: {},
      soft: {},
      softGraceMs: {},
      minimumReclaim: {},
      pressureTransitionMs: 5 * MINUTE_MS,
      maxPodGraceSeconds: 0,
    },
    logs: { maxSizeBytes: 10 * 2 ** 20, maxFiles: 5 },
  };
}
