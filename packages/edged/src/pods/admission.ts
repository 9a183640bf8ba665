import { isCritical } from '../eviction/candidate.js';
import type { Pod } from '../kube-types.js';
import type { PressureCondition } from '../node/pressure.js';
import type { Held } from '../plan/step.js';
import { qosClass } from '../resources/qos.js';
import { portMappings } from '../sandbox/sandbox-config.js';
import { type AppArmorHost, appArmorObstacle } from '../security/app-armor.js';

export interface AdmissionRules {
  readonly maxPods: number;
  /** Labels of the node; `undefined` while unknown, then selectors are not checked. */
  readonly nodeLabels: Readonly<Record<string, string>> | undefined;
  /** Asked when a pod names an AppArmor profile. */
  appArmor(): AppArmorHost;
  /** What the node is short of. Default nothing. */
  readonly pressure?: ReadonlySet<PressureCondition>;
}

/** Namespaced sysctls that cannot hurt other pods: kubelet's safe set. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/**
 * Why this node refuses a pod, `undefined` when it takes it (edged.md §6.6).
 * CPU and memory are not checked: edge nodes are overcommitted on purpose.
 *
 * @param others The pods that run here already.
 */
export function admitPod(pod: Pod, others: readonly Pod[], rules: AdmissionRules): Held | undefined {
  if (pod.problems) return rejected('FailedValidation', `Pod was rejected: ${pod.problems.join('; ')}`);
  const pressed = refusedUnderPressure(pod, rules.pressure ?? new Set());
  if (pressed) return pressed;
  if (others.length >= rules.maxPods) {
    return rejected(
      'OutOfpods',
      `Node didn't have enough resource: pods, requested: 1, used: ${others.length}, capacity: ${rules.maxPods}`,
    );
  }
  const { nodeLabels } = rules;
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  if (nodeLabels && selector.some(([key, value]) => nodeLabels[key] !== value)) {
    return rejected(
      'NodeAffinity',
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    );
  }
  const taken = new Set(others.flatMap(hostPorts));
  if (hostPorts(pod).some((port) => taken.has(port))) {
    return rejected(
      'NodePorts',
      "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    );
  }
  const forbidden = pod.spec.securityContext?.sysctls?.find(({ name }) => !SAFE_SYSCTLS.has(name));
  if (forbidden) {
    return rejected('SysctlForbidden', `forbidden sysctl: "${forbidden.name}" not allowed on this node`);
  }
  const obstacle = appArmorObstacle(pod, rules.appArmor);
  return obstacle === undefined ? undefined : rejected('AppArmor', obstacle);
}

/**
 * As kubelet: critical pods always come in; a node short of memory only takes
 * pods that ask for some, or tolerate it.
 */
function refusedUnderPressure(pod: Pod, pressure: ReadonlySet<PressureCondition>): Held | undefined {
  if (pressure.size === 0 || isCritical(pod)) return undefined;
  if (pressure.size === 1 && pressure.has('MemoryPressure')) {
    if (qosClass(pod.spec) !== 'BestEffort' || toleratesMemoryPressure(pod)) return undefined;
  }
  const conditions = [...pressure].sort().join(' ');
  return rejected('Evicted', `Pod was rejected: The node had condition: [${conditions}].`);
}

function toleratesMemoryPressure({ spec }: Pod): boolean {
  return (spec.tolerations ?? []).some(({ key, operator = 'Equal', value = '', effect }) => {
    if (effect && effect !== 'NoSchedule') return false;
    if (!key) return operator === 'Exists';
    return key === 'node.kubernetes.io/memory-pressure' && (operator === 'Exists' || value === '');
  });
}

function hostPorts(pod: Pod): string[] {
  return portMappings(pod).map(({ protocol, hostPort }) => `${protocol}/${hostPort}`);
}

function rejected(reason: string, message: string): Held {
  return { reason, message };
}
