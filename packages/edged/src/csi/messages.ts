import type { Field, FieldKind, MessageType } from '../proto/message-type.js';

/** Messages of `csi.v1` and `pluginregistration`, as far as the agent speaks them. */

const field = (number: number, name: string, kind: FieldKind, more: Partial<Field> = {}): Field => ({
  number,
  name,
  kind,
  ...more,
});
const message = (...fields: Field[]): { readonly message: MessageType } => ({ message: fields });

export const EMPTY: MessageType = [];

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

const capability = message(
  field(1, 'block', message(), { oneof: 'access_type' }),
  field(
    2,
    'mount',
    message(
      field(1, 'fs_type', 'string'),
      field(2, 'mount_flags', 'string', { repeated: true }),
      field(3, 'volume_mount_group', 'string'),
    ),
    { oneof: 'access_type' },
  ),
  field(3, 'access_mode', message(field(1, 'mode', { enumeration: ACCESS_MODES }))),
);
const topology = message(field(1, 'segments', 'map'));
const contentSource = message(
  field(1, 'snapshot', message(field(1, 'snapshot_id', 'string')), { oneof: 'type' }),
  field(2, 'volume', message(field(1, 'volume_id', 'string')), { oneof: 'type' }),
);

export const PLUGIN_INFO: MessageType = [
  field(1, 'type', 'string'),
  field(2, 'name', 'string'),
  field(3, 'endpoint', 'string'),
  field(4, 'supported_versions', 'string', { repeated: true }),
];
export const REGISTRATION_STATUS: MessageType = [
  field(1, 'plugin_registered', 'bool'),
  field(2, 'error', 'string'),
];

export const NODE_GET_INFO_RESPONSE: MessageType = [
  field(1, 'node_id', 'string'),
  field(2, 'max_volumes_per_node', 'int64'),
  field(3, 'accessible_topology', topology),
];
export const NODE_GET_CAPABILITIES_RESPONSE: MessageType = [
  field(
    1,
    'capabilities',
    message(
      field(1, 'rpc', message(field(1, 'type', { enumeration: NODE_CAPABILITIES })), { oneof: 'type' }),
    ),
    { repeated: true },
  ),
];
export const NODE_STAGE_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'publish_context', 'map'),
  field(3, 'staging_target_path', 'string'),
  field(4, 'volume_capability', capability),
  field(5, 'secrets', 'map'),
  field(6, 'volume_context', 'map'),
];
export const NODE_UNSTAGE_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'staging_target_path', 'string'),
];
export const NODE_PUBLISH_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'publish_context', 'map'),
  field(3, 'staging_target_path', 'string'),
  field(4, 'target_path', 'string'),
  field(5, 'volume_capability', capability),
  field(6, 'readonly', 'bool'),
  field(7, 'secrets', 'map'),
  field(8, 'volume_context', 'map'),
];
export const NODE_UNPUBLISH_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'target_path', 'string'),
];

export const CREATE_VOLUME_REQUEST: MessageType = [
  field(1, 'name', 'string'),
  field(2, 'capacity_range', message(field(1, 'required_bytes', 'int64'), field(2, 'limit_bytes', 'int64'))),
  field(3, 'volume_capabilities', capability, { repeated: true }),
  field(4, 'parameters', 'map'),
  field(5, 'secrets', 'map'),
  field(6, 'volume_content_source', contentSource),
  field(
    7,
    'accessibility_requirements',
    message(
      field(1, 'requisite', topology, { repeated: true }),
      field(2, 'preferred', topology, { repeated: true }),
    ),
  ),
  field(8, 'mutable_parameters', 'map'),
];
export const CREATE_VOLUME_RESPONSE: MessageType = [
  field(
    1,
    'volume',
    message(
      field(1, 'capacity_bytes', 'int64'),
      field(2, 'volume_id', 'string'),
      field(3, 'volume_context', 'map'),
      field(4, 'content_source', contentSource),
      field(5, 'accessible_topology', topology, { repeated: true }),
    ),
  ),
];
export const DELETE_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'secrets', 'map'),
];
export const CONTROLLER_PUBLISH_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'node_id', 'string'),
  field(3, 'volume_capability', capability),
  field(4, 'readonly', 'bool'),
  field(5, 'secrets', 'map'),
  field(6, 'volume_context', 'map'),
];
export const CONTROLLER_PUBLISH_VOLUME_RESPONSE: MessageType = [field(1, 'publish_context', 'map')];
export const CONTROLLER_UNPUBLISH_VOLUME_REQUEST: MessageType = [
  field(1, 'volume_id', 'string'),
  field(2, 'node_id', 'string'),
  field(3, 'secrets', 'map'),
];
