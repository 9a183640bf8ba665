/** Keys of a section: its own, separated by white space, and those of sections in it. */
export interface Keys {
  readonly own: string;
  readonly [section: string]: string | Keys;
}

/** Full paths of all keys below a section. */
export function paths(keys: Keys, prefix = ''): string[] {
  return Object.entries(keys).flatMap(([name, value]) => {
    if (typeof value !== 'string') return paths(value, `${prefix}${name}.`);
    const words = value.split(/\s+/).filter((word) => word !== '');
    return words.map((word) => (name === 'own' ? `${prefix}${word}` : `${prefix}${name}.${word}`));
  });
}

const LINK = 'enable handshakeTimeout readDeadline writeDeadline server';
const HUB = 'enable heartbeat projectID tlsCaFile tlsCertFile tlsPrivateKeyFile token httpServer';
const HUB_LATER = 'messageQPS messageBurst rotateCertificates';
const BROKER =
  'enable mqttQOS mqttRetain mqttSessionQueueSize mqttServerInternal mqttServerExternal mqttMode';
const BROKER_LATER = 'mqttSubClientID mqttPubClientID mqttUsername mqttPassword';
const BROKER_TLS = 'enable tlsMqttCAFile tlsMqttCertFile tlsMqttPrivateKeyFile';
const META_SERVER = `enable server dummyServer tlsCaFile tlsCertFile tlsPrivateKeyFile
  serviceAccountIssuers apiAudiences serviceAccountKeyFiles`;
const STREAM = `enable tlsTunnelCAFile tlsTunnelCertFile tlsTunnelPrivateKeyFile
  handshakeTimeout readDeadline writeDeadline server`;
const MESH = 'enable lbStrategy listenInterface subNet listenPort';

/** config.md §2, with what releases up to 1.11 added; those keys are printed by neither file of §10. */
export const KEYS_OF_2020: Keys = {
  own: 'apiVersion kind featureGates',
  database: 'driverName aliasName dataSource',
  modules: {
    own: '',
    edged: `enable nodeStatusUpdateFrequency runtimeType dockerAddress remoteRuntimeEndpoint remoteImageEndpoint
      nodeIP clusterDNS clusterDomain edgedMemoryCapacity podSandboxImage imagePullProgressDeadline
      runtimeRequestTimeout hostnameOverride registerNode registerNodeNamespace interfaceName concurrentConsumers
      devicePluginEnabled gpuPluginEnabled imageGCHighThreshold imageGCLowThreshold maximumDeadContainersPerPod
      cgroupDriver networkPluginName cniConfDir cniBinDir cniCacheDirs networkPluginMTU cgroupsPerQOS cgroupRoot
      edgeCoreCgroups systemCgroups volumeStatsAggPeriod enableMetrics labels annotations taints customInterfaceName`,
    edgeHub: { own: `${HUB} ${HUB_LATER}`, websocket: LINK, quic: LINK },
    eventBus: { own: `${BROKER} ${BROKER_LATER}`, eventBusTLS: BROKER_TLS },
    metaManager: {
      own: 'enable contextSendGroup contextSendModule podStatusSyncInterval remoteQueryTimeout',
      metaServer: META_SERVER,
    },
    serviceBus: 'enable server port timeout',
    deviceTwin: 'enable',
    dbTest: 'enable',
    edgeMesh: MESH,
    edgeStream: STREAM,
  },
};

/** config.md §3; `edgeMesh` is ours in this format (L6). */
export const KEYS_OF_TODAY: Keys = {
  own: 'apiVersion kind featureGates edgecoreVersion',
  database: 'driverName aliasName dataSource',
  modules: {
    own: '',
    edged: {
      own: `enable reportEvent hostnameOverride nodeIP customInterfaceName registerNodeNamespace podSandboxImage
        runtimeCgroups rootDirectory nodeLabels minimumGCAge maxPerPodContainerCount maxContainerCount
        registerSchedulable seccompDefault experimentalMounterPath
        experimentalNodeAllocatableIgnoreEvictionThreshold windowsService windowsPriorityClass`,
      tailoredKubeletConfig: `
        staticPodPath podLogsDir address readOnlyPort enableDebuggingHandlers enableContentionProfiling
        enableProfilingHandler enableDebugFlagsHandler enableSystemLogHandler enableSystemLogQuery contentType
        volumePluginDir streamingConnectionIdleTimeout
        containerRuntimeEndpoint imageServiceEndpoint runtimeRequestTimeout serializeImagePulls maxParallelImagePulls
        registryPullQPS registryBurst
        syncFrequency fileCheckFrequency nodeStatusUpdateFrequency nodeStatusReportFrequency nodeLeaseDurationSeconds
        nodeStatusMaxImages registerNode registerWithTaints configMapAndSecretChangeDetectionStrategy
        volumeStatsAggPeriod
        eventRecordQPS eventBurst
        clusterDomain clusterDNS resolvConf hairpinMode podCIDR makeIPTablesUtilChains iptablesMasqueradeBit
        iptablesDropBit allowedUnsafeSysctls
        maxPods podsPerCore podPidsLimit maxOpenFiles oomScoreAdj localStorageCapacityIsolation seccompDefault
        enableControllerAttachDetach protectKernelDefaults failSwapOn memorySwap crashLoopBackOff
        cgroupRoot cgroupsPerQOS cgroupDriver failCgroupV1 singleProcessOOMKill cpuManagerPolicy
        cpuManagerPolicyOptions cpuManagerReconcilePeriod memoryManagerPolicy topologyManagerPolicy
        topologyManagerScope topologyManagerPolicyOptions qosReserved cpuCFSQuota cpuCFSQuotaPeriod
        memoryThrottlingFactor reservedMemory
        imageMinimumGCAge imageMaximumGCAge imageGCHighThresholdPercent imageGCLowThresholdPercent evictionHard
        evictionSoft evictionSoftGracePeriod evictionMinimumReclaim evictionPressureTransitionPeriod
        evictionMaxPodGracePeriod kernelMemcgNotification
        containerLogMaxSize containerLogMaxFiles containerLogMaxWorkers containerLogMonitorInterval logging
        systemReserved kubeReserved reservedSystemCPUs systemReservedCgroup kubeReservedCgroup kubeletCgroups
        systemCgroups showHiddenMetricsForVersion enforceNodeAllocatable
        shutdownGracePeriod shutdownGracePeriodCriticalPods shutdownGracePeriodByPodPriority
        featureGates`,
    },
    edgeHub: { own: `${HUB} ${HUB_LATER}`, websocket: LINK, quic: LINK },
    eventBus: { own: `${BROKER} ${BROKER_LATER}`, eventBusTLS: BROKER_TLS },
    metaManager: {
      own: 'enable contextSendGroup contextSendModule remoteQueryTimeout',
      metaServer: META_SERVER,
    },
    serviceBus: 'enable server port timeout',
    deviceTwin: 'enable dmiSockPath',
    dbTest: 'enable',
    taskManager: 'enable',
    edgeMesh: MESH,
    edgeStream: STREAM,
  },
};

/** config.md L10, and what was added since for edged, dbTest, serviceBus (targets) and the agent's own status. */
export const OWN_KEYS: Keys = {
  own: '',
  edgecoreTs: {
    own: 'cloudProfile',
    edgeHub: 'queueMessages queueBytes',
    deviceTwin: 'expectedConflict localCloudUpdated desiredAsExpected reportMinInterval',
    eventBus: 'connectionTopic queueMessages queueBytes suppressRetained',
    serviceBus: 'plainBody allowPorts denyPorts targets maxConcurrent checkOrigin callTimeout',
    edgeStream: 'verifyServer',
    edgeMesh: `source intercept dnsListenPort clusterDomain upstreamDNS manageResolvConf serviceFilterMode
      podNetwork`,
  },
};
