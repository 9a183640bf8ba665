import type { Generated } from 'kysely';

/** `meta`: one row per Kubernetes object as it arrived (metamanager.md §2). Upstream's table. */
export interface MetaTable {
  key: string;
  type: string;
  value: string | null;
}

/** `meta_v2`: the rows MetaServer serves (metamanager.md §2). Upstream's table. */
export interface MetaV2Table {
  key: string;
  group_version_resource: string | null;
  namespace: string | null;
  name: string | null;
  resource_version: number | null;
  value: string | null;
}

/** `device`, `device_attr`, `device_twin`: upstream's device tables (devicetwin.md). */
export interface DeviceTable {
  id: string;
  name: string | null;
  description: string | null;
  state: string | null;
  last_online: string | null;
}

export interface DeviceAttrTable {
  id: Generated<number>;
  deviceid: string | null;
  name: string | null;
  description: string | null;
  value: string | null;
  optional: number | null;
  attr_type: string | null;
  metadata: string | null;
}

export interface DeviceTwinTable {
  id: Generated<number>;
  deviceid: string | null;
  name: string | null;
  description: string | null;
  expected: string | null;
  actual: string | null;
  expected_meta: string | null;
  actual_meta: string | null;
  expected_version: string | null;
  actual_version: string | null;
  optional: number | null;
  attr_type: string | null;
  metadata: string | null;
}

/** `sub_topics`: MQTT topics subscribed on behalf of the cloud. */
export interface SubTopicsTable {
  topic: string;
}

/** `target_urls`: servicebus targets. */
export interface TargetUrlsTable {
  url: string;
}

/** Ours: what must still reach the cloud, latest per (owner, key). Unknown to the Go agents, which ignore it. */
export interface OutboxTable {
  id: Generated<number>;
  owner: string;
  key: string;
  value: string;
  created_at: number;
}

/** Ours: small durable facts (schema version, program version). */
export interface AgentStateTable {
  key: string;
  value: string;
}

/** The tables of the one database file. */
export interface Database {
  meta: MetaTable;
  meta_v2: MetaV2Table;
  device: DeviceTable;
  device_attr: DeviceAttrTable;
  device_twin: DeviceTwinTable;
  sub_topics: SubTopicsTable;
  target_urls: TargetUrlsTable;
  edgecore_ts_outbox: OutboxTable;
  edgecore_ts_state: AgentStateTable;
}
