import { defaultNodeName } from '../host-facts.js';
import { bool, boolMap, duration, int32, requiredSection, section, stringMap, text } from './field.js';
import { tailoredKubeletConfig } from './kubelet.js';
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
const hidden = { hidden: true };
const WINDOWS = 'for Windows only';
const MOUNTER = 'mounts are made by the container engine';

/** Feature gates of today's EdgeCore; any other name stops the start (config.md §3). */
export const FEATURE_GATES: readonly string[] = [
  'requireAuthorization',
  'moduleRestart',
  'disableNodeTaskV1alpha2',
  'AllAlpha',
  'AllBeta',
];

/** `edgecore.yaml` of today, every key (config.md §3). */
export const v1alpha2 = section({
  apiVersion: text('edgecore.config.kubeedge.io/v1alpha2', min),
  kind: text('EdgeCore', min),
  edgecoreVersion: text('', min),
  featureGates: boolMap(undefined, {
    ...hidden,
    refused: {
      when: (value) => (value as Record<string, unknown> | undefined)?.['requireAuthorization'] === true,
      reason: 'requests of edge applications are not authorized here',
    },
  }),
  database,
  modules: requiredSection({
    edged: requiredSection({
      enable: bool(true, min),
      reportEvent: bool(false, min),
      hostnameOverride: text(({ hostName }) => defaultNodeName(hostName, 'v1alpha2'), min),
      nodeIP: text('', hidden),
      customInterfaceName: text('', hidden),
      registerNodeNamespace: text('default', min),
      podSandboxImage: text('kubeedge/pause:3.6', min),
      runtimeCgroups: text('', { ...hidden, unused: 'the container engine has its own cgroup' }),
      rootDirectory: text('/var/lib/kubelet', min),
      nodeLabels: stringMap({}, hidden),
      minimumGCAge: duration('0s', min),
      maxPerPodContainerCount: int32(1, min),
      maxContainerCount: int32(-1, { ...min, unused: 'dead containers are limited per pod only' }),
      registerSchedulable: bool(true, min),
      seccompDefault: bool(false, hidden),
      experimentalMounterPath: text('', { ...hidden, unused: MOUNTER }),
      experimentalNodeAllocatableIgnoreEvictionThreshold: bool(false, {
        ...hidden,
        unused: 'allocatable is capacity less a fixed reserve',
      }),
      windowsService: bool(false, { ...hidden, unused: WINDOWS }),
      windowsPriorityClass: text('', { ...hidden, unused: WINDOWS }),
      tailoredKubeletConfig,
    }),
    edgeHub: requiredSection({
      enable: bool(true, min),
      ...edgeHubFields,
      quic: quic(true),
      messageQPS: int32(30),
      messageBurst: int32(60),
      rotateCertificates: bool(true),
    }),
    eventBus: requiredSection({
      enable: bool(true, min),
      ...eventBusFields,
      ...brokerAccess({ hidden: false }),
    }),
    metaManager: requiredSection({
      enable: bool(true),
      contextSendGroup: text('hub'),
      contextSendModule: text('websocket'),
      remoteQueryTimeout: int32(60),
      metaServer: metaServer({ hidden: false }),
    }),
    serviceBus: requiredSection({
      enable: bool(false),
      server: text('127.0.0.1'),
      port: int32(9060),
      timeout: int32(60),
    }),
    deviceTwin: requiredSection({ enable: bool(true, min), dmiSockPath: text('/etc/kubeedge/', min) }),
    dbTest: requiredSection({ enable: bool(false) }),
    edgeStream: edgeStream('127.0.0.1:10004'),
    taskManager: requiredSection({
      enable: bool(false, { unused: 'node jobs (upgrades from the cloud) are not carried out' }),
    }),
    // Not in today's program; ours has the mesh for both formats when asked for (config.md L6).
    edgeMesh: section(edgeMeshFields, { optIn: true }),
  }),
  edgecoreTs,
});
