import { enumeration, message } from '@edgecore/grpc';

// Messages of `csi.v1` and `pluginregistration`, as far as the agent speaks them, each with all its fields.

export const Empty = message('Empty', {});

/** By number. */
export const ACCESS_MODES = [
  'UNKNOWN',
  'SINGLE_NODE_WRITER',
  'SINGLE_NODE_READER_ONLY',
  'MULTI_NODE_READER_ONLY',
  'MULTI_NODE_SINGLE_WRITER',
  'MULTI_NODE_MULTI_WRITER',
  'SINGLE_NODE_SINGLE_WRITER',
  'SINGLE_NODE_MULTI_WRITER',
] as const;

/** `NodeServiceCapability.RPC.Type`, by number. */
export const NODE_CAPABILITIES = [
  'UNKNOWN',
  'STAGE_UNSTAGE_VOLUME',
  'GET_VOLUME_STATS',
  'EXPAND_VOLUME',
  'VOLUME_CONDITION',
  'SINGLE_NODE_MULTI_WRITER',
  'VOLUME_MOUNT_GROUP',
] as const;

const BlockVolume = message('BlockVolume', {});
const MountVolume = message('MountVolume', {
  fsType: [1, 'string'],
  mountFlags: [2, 'string', 'repeated'],
  volumeMountGroup: [3, 'string'],
});
const AccessMode = message('AccessMode', { mode: [1, enumeration(...ACCESS_MODES)] });
export const VolumeCapability = message('VolumeCapability', {
  block: [1, BlockVolume, { oneof: 'accessType' }],
  mount: [2, MountVolume, { oneof: 'accessType' }],
  accessMode: [3, AccessMode],
});
const Topology = message('Topology', { segments: [1, 'string', 'map'] });
const SnapshotSource = message('SnapshotSource', { snapshotId: [1, 'string'] });
const VolumeSource = message('VolumeSource', { volumeId: [1, 'string'] });
const VolumeContentSource = message('VolumeContentSource', {
  snapshot: [1, SnapshotSource, { oneof: 'type' }],
  volume: [2, VolumeSource, { oneof: 'type' }],
});

export const PluginInfo = message('PluginInfo', {
  type: [1, 'string'],
  name: [2, 'string'],
  endpoint: [3, 'string'],
  supportedVersions: [4, 'string', 'repeated'],
});
export const RegistrationStatus = message('RegistrationStatus', {
  pluginRegistered: [1, 'bool'],
  error: [2, 'string'],
});

export const NodeGetInfoResponse = message('NodeGetInfoResponse', {
  nodeId: [1, 'string'],
  maxVolumesPerNode: [2, 'int64'],
  accessibleTopology: [3, Topology],
});
const Rpc = message('RPC', { type: [1, enumeration(...NODE_CAPABILITIES)] });
const NodeServiceCapability = message('NodeServiceCapability', { rpc: [1, Rpc, { oneof: 'type' }] });
export const NodeGetCapabilitiesResponse = message('NodeGetCapabilitiesResponse', {
  capabilities: [1, NodeServiceCapability, 'repeated'],
});
export const NodeStageVolumeRequest = message('NodeStageVolumeRequest', {
  volumeId: [1, 'string'],
  publishContext: [2, 'string', 'map'],
  stagingTargetPath: [3, 'string'],
  volumeCapability: [4, VolumeCapability],
  secrets: [5, 'string', 'map'],
  volumeContext: [6, 'string', 'map'],
});
export const NodeUnstageVolumeRequest = message('NodeUnstageVolumeRequest', {
  volumeId: [1, 'string'],
  stagingTargetPath: [2, 'string'],
});
export const NodePublishVolumeRequest = message('NodePublishVolumeRequest', {
  volumeId: [1, 'string'],
  publishContext: [2, 'string', 'map'],
  stagingTargetPath: [3, 'string'],
  targetPath: [4, 'string'],
  volumeCapability: [5, VolumeCapability],
  readonly: [6, 'bool'],
  secrets: [7, 'string', 'map'],
  volumeContext: [8, 'string', 'map'],
});
export const NodeUnpublishVolumeRequest = message('NodeUnpublishVolumeRequest', {
  volumeId: [1, 'string'],
  targetPath: [2, 'string'],
});

const CapacityRange = message('CapacityRange', { requiredBytes: [1, 'int64'], limitBytes: [2, 'int64'] });
const TopologyRequirement = message('TopologyRequirement', {
  requisite: [1, Topology, 'repeated'],
  preferred: [2, Topology, 'repeated'],
});
export const CreateVolumeRequest = message('CreateVolumeRequest', {
  name: [1, 'string'],
  capacityRange: [2, CapacityRange],
  volumeCapabilities: [3, VolumeCapability, 'repeated'],
  parameters: [4, 'string', 'map'],
  secrets: [5, 'string', 'map'],
  volumeContentSource: [6, VolumeContentSource],
  accessibilityRequirements: [7, TopologyRequirement],
  mutableParameters: [8, 'string', 'map'],
});
const Volume = message('Volume', {
  capacityBytes: [1, 'int64'],
  volumeId: [2, 'string'],
  volumeContext: [3, 'string', 'map'],
  contentSource: [4, VolumeContentSource],
  accessibleTopology: [5, Topology, 'repeated'],
});
export const CreateVolumeResponse = message('CreateVolumeResponse', { volume: [1, Volume] });
export const DeleteVolumeRequest = message('DeleteVolumeRequest', {
  volumeId: [1, 'string'],
  secrets: [2, 'string', 'map'],
});
export const ControllerPublishVolumeRequest = message('ControllerPublishVolumeRequest', {
  volumeId: [1, 'string'],
  nodeId: [2, 'string'],
  volumeCapability: [3, VolumeCapability],
  readonly: [4, 'bool'],
  secrets: [5, 'string', 'map'],
  volumeContext: [6, 'string', 'map'],
});
export const ControllerPublishVolumeResponse = message('ControllerPublishVolumeResponse', {
  publishContext: [1, 'string', 'map'],
});
export const ControllerUnpublishVolumeRequest = message('ControllerUnpublishVolumeRequest', {
  volumeId: [1, 'string'],
  nodeId: [2, 'string'],
  secrets: [3, 'string', 'map'],
});
