import type { Decoded, Init } from '@edgecore/grpc';
import {
  ACCESS_MODES,
  NODE_CAPABILITIES,
  type NodeGetCapabilitiesResponse,
  type VolumeCapability,
} from '../messages.js';
import type { AccessMode, CsiVolumeSpec } from './volume-spec.js';

export type NodeCapability = (typeof NODE_CAPABILITIES)[number];

/** The names in a NodeGetCapabilitiesResponse; unknown ones are left out. */
export function nodeCapabilities({
  capabilities,
}: Decoded<typeof NodeGetCapabilitiesResponse>): ReadonlySet<NodeCapability> {
  return new Set(capabilities.flatMap(({ rpc }) => NODE_CAPABILITIES[rpc?.type ?? 0] ?? []));
}

/** @param fsGroup Told to the driver when it changes the owner itself (VOLUME_MOUNT_GROUP). */
export function volumeCapability(
  { fsType, mountOptions, accessModes }: Pick<CsiVolumeSpec, 'fsType' | 'mountOptions' | 'accessModes'>,
  capabilities: ReadonlySet<NodeCapability>,
  fsGroup: number | undefined,
): Init<typeof VolumeCapability> {
  const mountGroup =
    fsGroup !== undefined && capabilities.has('VOLUME_MOUNT_GROUP') ? String(fsGroup) : undefined;
  const mode = csiAccessMode(accessModes[0], capabilities.has('SINGLE_NODE_MULTI_WRITER'));
  return {
    mount: {
      fsType,
      mountFlags: mountOptions,
      ...(mountGroup !== undefined && { volumeMountGroup: mountGroup }),
    },
    accessMode: { mode: ACCESS_MODES.indexOf(mode) },
  };
}

function csiAccessMode(mode: AccessMode | undefined, tellsWriters: boolean): (typeof ACCESS_MODES)[number] {
  switch (mode) {
    case 'ReadOnlyMany':
      return 'MULTI_NODE_READER_ONLY';
    case 'ReadWriteMany':
      return 'MULTI_NODE_MULTI_WRITER';
    case 'ReadWriteOncePod':
      return tellsWriters ? 'SINGLE_NODE_SINGLE_WRITER' : 'SINGLE_NODE_WRITER';
    default:
      return tellsWriters ? 'SINGLE_NODE_MULTI_WRITER' : 'SINGLE_NODE_WRITER';
  }
}

/** Does the agent change the owner of the files (edged.md §7.6)? Kubelet's `ReadWriteOnceWithFSType`. */
export function takesFsGroup(
  { fsType, accessModes, readOnly }: CsiVolumeSpec,
  capabilities: ReadonlySet<NodeCapability>,
): boolean {
  if (capabilities.has('VOLUME_MOUNT_GROUP') || readOnly) return false;
  return fsType !== '' && accessModes.includes('ReadWriteOnce');
}
