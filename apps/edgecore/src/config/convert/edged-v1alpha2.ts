import { parseDuration } from '../duration.js';
import type { EdgedConfig, NodeConfig, Taint } from '../model.js';
import { parseBytes } from '../quantity.js';
import type { ConfigReader } from '../reader.js';
import { csiOf } from './csi.js';
import { dockerEndpoint, runtimeChoice } from './runtime-endpoint.js';

const EDGED = 'modules.edged';
const KUBELET = `${EDGED}.tailoredKubeletConfig`;

export function convertNodeToday(reader: ConfigReader): NodeConfig {
  return {
    name: reader.text(`${EDGED}.hostnameOverride`),
    namespace: reader.text(`${EDGED}.registerNodeNamespace`),
    ip: reader.text(`${EDGED}.nodeIP`),
    interfaceName: reader.text(`${EDGED}.customInterfaceName`),
    register: reader.bool(`${KUBELET}.registerNode`),
    schedulable: reader.bool(`${EDGED}.registerSchedulable`),
    labels: reader.map(`${EDGED}.nodeLabels`),
    annotations: {},
    taints: reader.list(`${KUBELET}.registerWithTaints`) as unknown as readonly Taint[],
  };
}

export function convertEdgedToday(reader: ConfigReader): EdgedConfig {
  const text = (key: string) => reader.text(`${KUBELET}.${key}`);
  const number = (key: string) => reader.number(`${KUBELET}.${key}`);
  const ms = (key: string) => reader.durationMs(`${KUBELET}.${key}`);
  return {
    enabled: reader.bool(`${EDGED}.enable`),
    runtime: {
      choice: runtimeChoice(reader),
      instance: reader.text('edgecoreTs.edged.instance'),
      dockerEndpoint: dockerEndpoint(reader).docker,
      requestTimeoutMs: ms('runtimeRequestTimeout'),
      sandboxImage: reader.text(`${EDGED}.podSandboxImage`),
      pullProgressDeadlineMs: 60_000,
      serializePulls: reader.bool(`${KUBELET}.serializeImagePulls`),
      maxParallelPulls: reader.optionalNumber(`${KUBELET}.maxParallelImagePulls`),
      cgroupDriver: text('cgroupDriver') === 'systemd' ? 'systemd' : 'cgroupfs',
    },
    dns: {
      servers: reader.list(`${KUBELET}.clusterDNS`),
      domain: text('clusterDomain'),
      resolvConf: text('resolvConf'),
    },
    directories: {
      root: reader.text('edgecoreTs.edged.rootDirectory') || reader.text(`${EDGED}.rootDirectory`),
      podLogs: reader.text('edgecoreTs.edged.podLogsDir') || text('podLogsDir'),
      staticPods: reader.text('edgecoreTs.edged.staticPodPath') || text('staticPodPath'),
    },
    http: {
      listen: reader.bool('edgecoreTs.edged.listenHttp'),
      address: text('address'),
      port: number('readOnlyPort'),
      streamIdleTimeoutMs: ms('streamingConnectionIdleTimeout'),
    },
    status: {
      updateMs: ms('nodeStatusUpdateFrequency'),
      reportMs: ms('nodeStatusReportFrequency'),
      leaseSeconds: number('nodeLeaseDurationSeconds'),
      maxImages: number('nodeStatusMaxImages'),
    },
    pods: {
      max: number('maxPods'),
      workers: 5,
      syncMs: ms('syncFrequency'),
      staticCheckMs: ms('fileCheckFrequency'),
      allowedUnsafeSysctls: reader.list(`${KUBELET}.allowedUnsafeSysctls`),
      cpuQuota: reader.bool(`${KUBELET}.cpuCFSQuota`),
      cgroupsPerQos: reader.bool(`${KUBELET}.cgroupsPerQOS`),
      cgroupRoot: text('cgroupRoot'),
      seccompDefault: reader.bool(`${EDGED}.seccompDefault`) || reader.bool(`${KUBELET}.seccompDefault`),
    },
    csi: csiOf(reader),
    events: {
      report: reader.bool(`${EDGED}.reportEvent`),
      perSecond: number('eventRecordQPS'),
      burst: number('eventBurst'),
    },
    containerGc: {
      minAgeMs: reader.durationMs(`${EDGED}.minimumGCAge`),
      maxPerPod: reader.number(`${EDGED}.maxPerPodContainerCount`),
      maxTotal: reader.number(`${EDGED}.maxContainerCount`),
    },
    imageGc: {
      highPercent: number('imageGCHighThresholdPercent'),
      lowPercent: number('imageGCLowThresholdPercent'),
      minAgeMs: ms('imageMinimumGCAge'),
      maxAgeMs: ms('imageMaximumGCAge'),
    },
    eviction: {
      hard: reader.map(`${KUBELET}.evictionHard`),
      soft: reader.map(`${KUBELET}.evictionSoft`),
      softGraceMs: durations(reader.map(`${KUBELET}.evictionSoftGracePeriod`)),
      minimumReclaim: reader.map(`${KUBELET}.evictionMinimumReclaim`),
      pressureTransitionMs: ms('evictionPressureTransitionPeriod'),
      maxPodGraceSeconds: number('evictionMaxPodGracePeriod'),
    },
    logs: {
      maxSizeBytes: parseBytes(text('containerLogMaxSize')) ?? 10 * 2 ** 20,
      maxFiles: number('containerLogMaxFiles'),
    },
  };
}

function durations(texts: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, parseDuration(text) ?? 0]));
}
