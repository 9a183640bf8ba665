/** Access modes as Kubernetes writes them. */
export type AccessMode = 'ReadWriteOnce' | 'ReadOnlyMany' | 'ReadWriteMany' | 'ReadWriteOncePod';

/** One CSI volume of one pod: everything the calls to its driver are made of. */
export interface CsiVolumeSpec {
  readonly podUid: string;
  /** Name of the persistent volume, or of the pod's volume: directory below `kubernetes.io~csi`. */
  readonly name: string;
  readonly driver: string;
  readonly handle: string;
  /** Ephemeral ones are not attached and not staged, and are made for this pod alone. */
  readonly lifecycle: 'Persistent' | 'Ephemeral';
  /** `''` leaves it to the driver. */
  readonly fsType: string;
  readonly mountOptions: readonly string[];
  /** The persistent volume's; the driver is told the first. */
  readonly accessModes: readonly AccessMode[];
  readonly readOnly: boolean;
  /** `volumeAttributes`, for the driver. */
  readonly context: ReadonlyMap<string, string>;
  readonly stageSecret?: SecretName | undefined;
  readonly publishSecret?: SecretName | undefined;
}

export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}
