import { defaultNodeName } from '../host-facts.js';
import { sandboxImage2020 } from '../sandbox-image.js';
import {
  bool,
  boolMap,
  int32,
  int64,
  nanoseconds,
  objects,
  requiredSection,
  section,
  stringMap,
  text,
} from './field.js';
import { edgecoreTs } from './own-keys.js';
import {
  brokerAccess,
  database,
  edgeHubFields,
  edgeMeshFields,
  edgeStream,
  eventBusFields,
  metaServer,
  quic,
} from './shared.js';

const min = { min: true };
/** Keys of releases between 2020 and 1.11: accepted, never printed. */
const later = { hidden: true };
const CNI = 'pods use the networks of the container engine, no CNI plug-in is called';
const CGROUPS = 'the container engine places pods in cgroups';

/** `edgecore.yaml` of 2020, every key (config.md §2). */
export const v1alpha1 = section({
  apiVersion: text('edgecore.config.kubeedge.io/v1alpha1', min),
  kind: text('EdgeCore', min),
  featureGates: boolMap({}, { ...later, unused: 'gates belong to v1alpha2' }),
  database,
  modules: requiredSection({
    edged: requiredSection({
      enable: bool(true),
      nodeStatusUpdateFrequency: int32(10),
      runtimeType: text('docker', min),
      dockerAddress: text('unix:///var/run/docker.sock', min),
      remoteRuntimeEndpoint: text('unix:///var/run/dockershim.sock', min),
      remoteImageEndpoint: text('unix:///var/run/dockershim.sock', min),
      nodeIP: text(({ localIp }) => localIp, min),
      clusterDNS: text('', min),
      clusterDomain: text('', min),
      edgedMemoryCapacity: int64(7_852_396_000, { unused: 'memory is read from the system' }),
      podSandboxImage: { ...text(sandboxImage2020.default), printed: 'min' },
      imagePullProgressDeadline: int32(60),
      runtimeRequestTimeout: int32(2),
      hostnameOverride: text(({ hostName }) => defaultNodeName(hostName, 'v1alpha1'), min),
      registerNode: bool(true),
      registerNodeNamespace: text('default'),
      interfaceName: text('eth0', min),
      concurrentConsumers: int32(5, { unused: 'every pod has a worker of its own' }),
      devicePluginEnabled: bool(false, { ...min, unused: 'device plug-ins are not offered' }),
      gpuPluginEnabled: bool(false, { ...min, unused: 'the GPU plug-in is not offered' }),
      imageGCHighThreshold: int32(80),
      imageGCLowThreshold: int32(40),
      maximumDeadContainersPerPod: int32(1),
      cgroupDriver: text('cgroupfs', min),
      networkPluginName: text('', { hidden: true, unused: CNI }),
      cniConfDir: text('/etc/cni/net.d', { unused: CNI }),
      cniBinDir: text('/opt/cni/bin', { unused: CNI }),
      cniCacheDirs: text('/var/lib/cni/cache', { unused: CNI }),
      networkPluginMTU: int32(1500, { unused: CNI }),
      cgroupsPerQOS: bool(true, min),
      cgroupRoot: text('', min),
      edgeCoreCgroups: text('', { hidden: true, unused: CGROUPS }),
      systemCgroups: text('', { hidden: true, unused: CGROUPS }),
      volumeStatsAggPeriod: nanoseconds(60_000_000_000, {
        unused: 'volume use is measured when it is asked for',
      }),
      enableMetrics: bool(true, { unused: 'container figures are always offered' }),
      labels: stringMap({}, later),
      annotations: stringMap({}, { ...later, unused: 'nodes are registered without annotations' }),
      taints: objects([], later),
      customInterfaceName: text('', later),
    }),
    edgeHub: requiredSection({
      enable: bool(true),
      ...edgeHubFields,
      quic: quic(false),
      messageQPS: int32(undefined, later),
      messageBurst: int32(undefined, later),
      rotateCertificates: bool(true, later),
    }),
    eventBus: requiredSection({ enable: bool(true), ...eventBusFields, ...brokerAccess(later) }),
    metaManager: requiredSection({
      enable: bool(true),
      contextSendGroup: text('hub'),
      contextSendModule: text('websocket'),
      podStatusSyncInterval: int32(60),
      remoteQueryTimeout: int32(60, later),
      metaServer: metaServer(later),
    }),
    serviceBus: requiredSection({
      enable: bool(false),
      server: text('127.0.0.1', later),
      port: int32(9060, later),
      timeout: int32(60, later),
    }),
    deviceTwin: requiredSection({ enable: bool(true) }),
    dbTest: requiredSection({ enable: bool(false) }),
    edgeMesh: requiredSection(edgeMeshFields),
    // 2020 printed the number 10004 as the character with that code; the address is what was meant.
    edgeStream: edgeStream('127.0.0.1:10004'),
  }),
  edgecoreTs,
});
