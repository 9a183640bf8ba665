/** One side of a twin as it stands (devicetwin.md §5). */
export interface SideSnapshot {
  readonly value: string;
  /** When it was set here, milliseconds since the epoch; absent when unknown. */
  readonly timestamp?: number;
  readonly version: { readonly cloud: number; readonly edge: number };
}

/** A property's twin: what the cloud wants and what was measured. */
export interface TwinSnapshot {
  readonly expected?: SideSnapshot;
  readonly actual?: SideSnapshot;
  /** A device may delete an optional twin. */
  readonly optional: boolean;
  /** `string`, `int`, `float`, `boolean`, … */
  readonly type: string;
}

/** A device attribute: a fact that does not change by itself. */
export interface AttributeSnapshot {
  readonly value: string;
  readonly optional: boolean;
  readonly type: string;
}

/** A device of this node as it stands; deleted twins are left out. */
export interface DeviceSnapshot {
  /** One word with the clouds of 2020, `<namespace>/<name>` today (devicetwin.md, trap 1). */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `online`, `ok`, …; `''` when none was reported. */
  readonly state: string;
  /** As stored; `''` when it never was online. */
  readonly lastOnline: string;
  readonly attributes: Readonly<Record<string, AttributeSnapshot>>;
  readonly twins: Readonly<Record<string, TwinSnapshot>>;
  /** Some of it has not reached the cloud yet. */
  readonly pending: boolean;
}

/** What {@link DeviceTwin} tells about its devices, after the change is on disk. */
export interface DeviceEvents {
  changed: [device: DeviceSnapshot];
  removed: [id: string];
}
