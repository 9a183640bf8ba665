import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where a CSI volume lies on the node, and what it is called (edged.md §14). Names are checked before they come here. */
export class CsiPaths {
  constructor(readonly root: string) {}

  /** Sockets of plug-ins that want to be registered. */
  get registry(): string {
    return join(this.root, 'plugins_registry');
  }

  get pods(): string {
    return join(this.root, 'pods');
  }

  /** `pods/<uid>/volumes/kubernetes.io~csi` */
  podVolumes(uid: string): string {
    return join(this.pods, uid, 'volumes', 'kubernetes.io~csi');
  }

  podVolume(uid: string, name: string): string {
    return join(this.podVolumes(uid), name);
  }

  /** `target_path` of NodePublishVolume. */
  target(uid: string, name: string): string {
    return join(this.podVolume(uid, name), 'mount');
  }

  /** `staging_target_path`. */
  staging(driver: string, handle: string): string {
    return join(this.root, 'plugins/kubernetes.io/csi', driver, sha256(handle), 'globalmount');
  }

  /** The same as the 2020 edge has it: volumes it has staged are adopted. */
  legacyStaging(name: string): string {
    return join(this.root, 'plugins/kubernetes.io/csi/pv', name, 'globalmount');
  }
}

/** Name of the VolumeAttachment the cloud makes for a volume on a node. */
export function attachmentName(handle: string, driver: string, nodeName: string): string {
  return `csi-${sha256(handle + driver + nodeName)}`;
}

/** Handle of an inline volume: the driver never made it. */
export function ephemeralHandle(podUid: string, volume: string): string {
  return `csi-${sha256(podUid + volume)}`;
}

/** What `volumesInUse` of the node's status calls a volume. */
export function uniqueVolumeName(driver: string, handle: string): string {
  return `kubernetes.io/csi/${driver}^${handle}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
