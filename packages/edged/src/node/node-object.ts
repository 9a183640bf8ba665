import type { KubeObject, NodeStatusRequest } from '@edgecore/api';
import { legacyStatus, modernStatus, type NodeFacts } from './node-status.js';
import type { ExtendResources, NodeCondition, NodeStatus, NodeTaint } from './node-types.js';

/** The node object as far as configuration decides it. */
export interface NodeRegistration {
  readonly nodeName: string;
  /** Labels besides the standard ones. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  /** False registers the node as unschedulable. */
  readonly schedulable: boolean;
}

/** The `UID` every legacy status carries; the cloud ignores it (edged.md §10.1). */
const LEGACY_NODE_UID = '38796d14-1df3-11e8-8e5a-286ed488f209';

/** Content of the legacy registration. The name is in the resource, not in the object. */
export function legacyNode(registration: NodeRegistration, facts: NodeFacts): KubeObject {
  return {
    metadata: { creationTimestamp: null, labels: standardLabels(registration, facts) },
    spec: specOf(registration),
    status: legacyStatus(facts),
  };
}

/** Content of each legacy status. */
export function legacyRequest(
  facts: NodeFacts,
  conditions: readonly NodeCondition[],
  extend: ExtendResources | null,
): NodeStatusRequest<NodeStatus> {
  return { UID: LEGACY_NODE_UID, Status: legacyStatus(facts, conditions), ExtendResources: extend };
}

/** Content of the modern registration (edged.md §10.2). */
export function modernNode(
  registration: NodeRegistration,
  facts: NodeFacts,
  conditions: readonly NodeCondition[],
): KubeObject {
  const { architecture } = facts.machine;
  return {
    metadata: {
      name: registration.nodeName,
      creationTimestamp: null,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        ...standardLabels(registration, facts),
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: specOf(registration),
    status: modernStatus(facts, conditions),
  };
}

function standardLabels(registration: NodeRegistration, facts: NodeFacts): Record<string, string> {
  return {
    'kubernetes.io/arch': facts.machine.architecture,
    'kubernetes.io/hostname': registration.nodeName,
    'kubernetes.io/os': 'linux',
    'node-role.kubernetes.io/agent': '',
    'node-role.kubernetes.io/edge': '',
    ...registration.labels,
  };
}

function specOf({ taints, schedulable }: NodeRegistration): object {
  return {
    ...(!schedulable && { unschedulable: true }),
    ...(taints.length > 0 && { taints }),
  };
}
