import { isRecord, type KubeObject, recordsOf } from '@edgecore/api';
import { withCanonical } from './quantity.js';
import { type Fields, statusOf } from './stored-object.js';

/** `nodeInfo` and `daemonEndpoints` are never absent in what an API server returns. */
const EMPTY_STATUS: Fields = {
  daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  nodeInfo: {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '',
    osImage: '',
    containerRuntimeVersion: '',
    kubeletVersion: '',
    kubeProxyVersion: '',
    operatingSystem: '',
    architecture: '',
  },
};

/** A node as the API server completes it. */
export function completeNode(node: KubeObject): KubeObject {
  return { ...node, spec: node['spec'] ?? {}, status: canonical({ ...EMPTY_STATUS, ...statusOf(node) }) };
}

function canonical(status: Fields): Fields {
  return withCanonical(status, ['capacity', 'allocatable']);
}

export function conditionsOf(object: KubeObject): Fields[] {
  return recordsOf(statusOf(object)['conditions']);
}

/** Of a node or a pod. Without the condition it is not. */
export function isReady(object: KubeObject): boolean {
  return conditionsOf(object).some(({ type, status }) => type === 'Ready' && status === 'True');
}

/**
 * A whole status replacing a node's (wire.md §6.2 U4): `volumesAttached` and a
 * kubelet port the tunnel set stay; heartbeats older than the update period become now.
 */
export function replaceNodeStatus(node: KubeObject, status: Fields, options: ReplaceOptions): Fields {
  const before = statusOf(node);
  const next = canonical({ ...EMPTY_STATUS, ...status });
  if (before['volumesAttached'] !== undefined) next['volumesAttached'] = before['volumesAttached'];
  if (options.keepsKubeletPort) {
    const port = kubeletPort(before);
    if (port > 0) next['daemonEndpoints'] = { kubeletEndpoint: { Port: port } };
  }
  if (Array.isArray(status['conditions'])) {
    next['conditions'] = status['conditions']
      .filter(isRecord)
      .map((condition) => refresh(condition, options));
  }
  return next;
}

export interface ReplaceOptions {
  readonly now: string;
  /** Profile `current`: the stream tunnel sets the port. */
  readonly keepsKubeletPort: boolean;
  /** Profile 2020 replaces `lastTransitionTime` with the heartbeat. */
  readonly refreshesTransition: boolean;
}

const UPDATE_PERIOD_MS = 10_000;

function refresh(condition: Fields, options: ReplaceOptions): Fields {
  const heartbeat = Date.parse(String(condition['lastHeartbeatTime'] ?? ''));
  if (Date.parse(options.now) - heartbeat <= UPDATE_PERIOD_MS) return condition;
  return {
    ...condition,
    lastHeartbeatTime: options.now,
    ...(options.refreshesTransition ? { lastTransitionTime: options.now } : {}),
  };
}

function kubeletPort(status: Fields): number {
  const endpoint = isRecord(status['daemonEndpoints'])
    ? status['daemonEndpoints']['kubeletEndpoint']
    : undefined;
  const port = isRecord(endpoint) ? endpoint['Port'] : undefined;
  return typeof port === 'number' ? port : 0;
}

/** What the node controller writes when a node goes silent (edged.md §10.1). */
export function unknownConditions(node: KubeObject, now: string): Fields[] {
  const known = conditionsOf(node);
  const list = known.length > 0 ? known : [{ type: 'Ready' }];
  return list.map((condition) =>
    condition['status'] === 'Unknown'
      ? condition
      : {
          ...condition,
          status: 'Unknown',
          lastTransitionTime: now,
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        },
  );
}
