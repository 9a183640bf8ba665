import type { DeviceSnapshot } from '@edgecore/devicetwin';

/** What happened to a device of this node, told after it is on disk. */
export type DeviceChange =
  | { readonly type: 'changed'; readonly device: DeviceSnapshot }
  | { readonly type: 'removed'; readonly id: string };

/** Where the agent's own HTTP interface gets devices from: the device module. */
export interface DeviceSource {
  devices(): DeviceSnapshot[];
  counts(): DeviceCounts;
  /** @returns a function that ends the subscription. */
  onChange(listener: (change: DeviceChange) => void): () => void;
}

/** How many devices there are, and how many the cloud does not know all about yet. */
export interface DeviceCounts {
  readonly total: number;
  readonly pending: number;
}
