import type { Pod } from '../kube-types.js';
import type { Held } from '../plan/step.js';
import { portMappings } from '../sandbox/sandbox-config.js';
import { type AppArmorHost, appArmorObstacle } from '../security/app-armor.js';

export interface AdmissionRules {
  readonly maxPods: number;
  /** Labels of the node; `undefined` while unknown, then selectors are not checked. */
  readonly nodeLabels: Readonly<Record<string, string>> | undefined;
  /** Asked when a pod names an AppArmor profile. */
  appArmor(): AppArmorHost;
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

function hostPorts(pod: Pod): string[] {
  return portMappings(pod).map(({ protocol, hostPort }) => `${protocol}/${hostPort}`);
}

function rejected(reason: string, message: string): Held {
  return { reason, message };
}
