import {
  bool,
  boolMap,
  type ConfigValue,
  duration,
  float,
  free,
  int32,
  objects,
  type Section,
  section,
  stringMap,
  strings,
  text,
} from './field.js';

const hidden = { hidden: true };
const differsFrom =
  (...allowed: ConfigValue[]) =>
  (value: ConfigValue) =>
    !allowed.includes(value);
const isOn = (value: ConfigValue) => value === true;
const hasEntries = (value: ConfigValue) =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;
const anyGateOn = (value: ConfigValue) => hasEntries(value) && Object.values(value as object).some(isOn);

const DEBUG = 'profiling and debugging handlers are not served';
const NETWORK = 'the container engine sets up the pod network';
const RATES = 'image pulls are not limited by rate; they are queued';
const CGROUPS = 'the container engine places pods in cgroups';
const KERNEL = 'kernel settings of the host are left alone';
const WATCH = 'objects are pushed by the cloud';
const TOPOLOGY = 'only the policy "none" is offered, pods would silently run without the isolation asked for';
const RESERVE = 'resources are not set aside by cgroups';
const SHUTDOWN = 'the shutdown of the machine is not watched';

/** `tailoredKubeletConfig`, every key (config.md §3). */
const fields: Section['fields'] = {
  // paths, API
  staticPodPath: text('/etc/kubeedge/manifests'),
  podLogsDir: text('/var/log/pods'),
  address: text('127.0.0.1'),
  readOnlyPort: int32(10_350),
  enableDebuggingHandlers: bool(true, { unused: DEBUG }),
  enableContentionProfiling: bool(false, { ...hidden, unused: DEBUG }),
  enableProfilingHandler: bool(true, { unused: DEBUG }),
  enableDebugFlagsHandler: bool(true, { unused: DEBUG }),
  enableSystemLogHandler: bool(true, { unused: DEBUG }),
  enableSystemLogQuery: bool(undefined, { ...hidden, unused: DEBUG }),
  contentType: text('application/json', { unused: 'the API server is reached through the cloud link' }),
  volumePluginDir: text('/usr/libexec/kubernetes/kubelet-plugins/volume/exec/', {
    unused: 'FlexVolume plug-ins are not called',
  }),
  streamingConnectionIdleTimeout: duration('4h0m0s', { unused: 'streams have no idle limit' }),
  // runtime
  containerRuntimeEndpoint: text('unix:///run/containerd/containerd.sock'),
  imageServiceEndpoint: text('unix:///run/containerd/containerd.sock'),
  runtimeRequestTimeout: duration('2m0s'),
  serializeImagePulls: bool(true),
  maxParallelImagePulls: int32(undefined, {
    ...hidden,
    unused: 'images are pulled one after the other, or all at once (serializeImagePulls)',
  }),
  registryPullQPS: int32(5, { unused: RATES }),
  registryBurst: int32(10, { unused: RATES }),
  // sync, status
  syncFrequency: duration('1m0s'),
  fileCheckFrequency: duration('20s'),
  nodeStatusUpdateFrequency: duration('10s'),
  nodeStatusReportFrequency: duration('5m0s'),
  nodeLeaseDurationSeconds: int32(40),
  nodeStatusMaxImages: int32(0, { unused: 'the node status lists no images' }),
  registerNode: bool(true),
  registerWithTaints: objects(undefined, hidden),
  configMapAndSecretChangeDetectionStrategy: text('Get', { unused: WATCH }),
  volumeStatsAggPeriod: duration('1m0s', { unused: 'volume use is measured when it is asked for' }),
  // events
  eventRecordQPS: int32(50),
  eventBurst: int32(100),
  // DNS, network
  clusterDomain: text('cluster.local'),
  clusterDNS: strings(undefined, hidden),
  resolvConf: text('/etc/resolv.conf'),
  hairpinMode: text('promiscuous-bridge', { unused: NETWORK }),
  podCIDR: text('', { ...hidden, unused: NETWORK }),
  makeIPTablesUtilChains: bool(true, { unused: NETWORK }),
  iptablesMasqueradeBit: int32(14, { unused: NETWORK }),
  iptablesDropBit: int32(15, { unused: NETWORK }),
  allowedUnsafeSysctls: strings(undefined, { ...hidden, unused: 'pods may set the safe sysctls only' }),
  // limits
  maxPods: int32(110),
  podsPerCore: int32(0, { ...hidden, unused: 'maxPods alone limits the pods' }),
  podPidsLimit: int32(-1, {
    refused: {
      when: (value) => typeof value === 'number' && value > 0,
      reason: 'the number of processes of a pod cannot be limited here',
    },
  }),
  maxOpenFiles: int32(1_000_000, { unused: KERNEL }),
  oomScoreAdj: int32(-999, { unused: KERNEL }),
  localStorageCapacityIsolation: bool(true, { unused: 'the size of a pod on disk is not limited' }),
  seccompDefault: bool(false),
  enableControllerAttachDetach: bool(true, { unused: 'volumes are attached by the cloud only' }),
  protectKernelDefaults: bool(false, {
    ...hidden,
    refused: { when: isOn, reason: 'kernel settings are not checked' },
  }),
  failSwapOn: bool(false, {
    refused: { when: isOn, reason: 'swap is not checked, the start would not fail' },
  }),
  memorySwap: free({}, { unused: 'containers never get swap beyond their memory limit' }),
  crashLoopBackOff: free({}, { unused: 'the pauses between restarts are fixed (10 s to 5 min)' }),
  // CPU, memory, topology
  cgroupRoot: text('', hidden),
  cgroupsPerQOS: bool(true),
  cgroupDriver: text('cgroupfs'),
  failCgroupV1: bool(false, { refused: { when: isOn, reason: 'the cgroup version is not checked' } }),
  singleProcessOOMKill: bool(undefined, { ...hidden, unused: CGROUPS }),
  cpuManagerPolicy: text('none', { refused: { when: differsFrom('none', ''), reason: TOPOLOGY } }),
  cpuManagerPolicyOptions: stringMap(undefined, {
    ...hidden,
    refused: { when: hasEntries, reason: TOPOLOGY },
  }),
  cpuManagerReconcilePeriod: duration('10s', { unused: 'there is no CPU manager' }),
  memoryManagerPolicy: text('None', { refused: { when: differsFrom('None', ''), reason: TOPOLOGY } }),
  topologyManagerPolicy: text('none', { refused: { when: differsFrom('none', ''), reason: TOPOLOGY } }),
  topologyManagerScope: text('container', { unused: 'there is no topology manager' }),
  topologyManagerPolicyOptions: stringMap(undefined, {
    ...hidden,
    refused: { when: hasEntries, reason: TOPOLOGY },
  }),
  qosReserved: stringMap(undefined, { ...hidden, refused: { when: hasEntries, reason: RESERVE } }),
  cpuCFSQuota: bool(true),
  cpuCFSQuotaPeriod: duration('100ms', { unused: 'the period is 100 ms' }),
  memoryThrottlingFactor: float(0.9, { unused: 'memory.high is not set' }),
  reservedMemory: objects(undefined, { ...hidden, refused: { when: hasEntries, reason: RESERVE } }),
  // GC, eviction
  imageMinimumGCAge: duration('2m0s'),
  imageMaximumGCAge: duration('0s'),
  imageGCHighThresholdPercent: int32(85),
  imageGCLowThresholdPercent: int32(80),
  evictionHard: stringMap({
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
  }),
  evictionSoft: stringMap(undefined, hidden),
  evictionSoftGracePeriod: stringMap(undefined, hidden),
  evictionMinimumReclaim: stringMap(undefined, hidden),
  evictionPressureTransitionPeriod: duration('5m0s'),
  evictionMaxPodGracePeriod: int32(0, hidden),
  kernelMemcgNotification: bool(false, { ...hidden, unused: 'memory is looked at by period' }),
  // logs
  containerLogMaxSize: text('10Mi'),
  containerLogMaxFiles: int32(5),
  containerLogMaxWorkers: int32(1, { unused: 'the container engine rotates the logs' }),
  containerLogMonitorInterval: duration('10s', { unused: 'the container engine rotates the logs' }),
  logging: free(
    {
      flushFrequency: '5s',
      format: 'text',
      options: { json: { infoBufferSize: '0' }, text: { infoBufferSize: '0' } },
      verbosity: 0,
    },
    { unused: 'the log level is set by --log-level' },
  ),
  // reservation
  systemReserved: stringMap(undefined, { ...hidden, refused: { when: hasEntries, reason: RESERVE } }),
  kubeReserved: stringMap(undefined, { ...hidden, refused: { when: hasEntries, reason: RESERVE } }),
  reservedSystemCPUs: text('', { ...hidden, refused: { when: differsFrom(''), reason: RESERVE } }),
  systemReservedCgroup: text('', { ...hidden, unused: CGROUPS }),
  kubeReservedCgroup: text('', { ...hidden, unused: CGROUPS }),
  kubeletCgroups: text('', { ...hidden, unused: CGROUPS }),
  systemCgroups: text('', { ...hidden, unused: CGROUPS }),
  showHiddenMetricsForVersion: text('', { ...hidden, unused: 'there are no hidden metrics' }),
  enforceNodeAllocatable: strings(['pods'], {
    refused: {
      when: (value) =>
        Array.isArray(value) && value.some((item) => item === 'system-reserved' || item === 'kube-reserved'),
      reason: RESERVE,
    },
  }),
  // shutdown
  shutdownGracePeriod: duration('0s', { unused: SHUTDOWN }),
  shutdownGracePeriodCriticalPods: duration('0s', { unused: SHUTDOWN }),
  shutdownGracePeriodByPodPriority: objects(undefined, { ...hidden, unused: SHUTDOWN }),
  // gates
  featureGates: boolMap(undefined, {
    ...hidden,
    refused: { when: anyGateOn, reason: 'kubelet feature gates have no effect' },
  }),
};

export const tailoredKubeletConfig = section(fields, { required: true, wholeInMin: true });
