import { table } from '../table.js';
import type { NodeUsage, PodUsage, Usage } from './usage.js';

const UNKNOWN = '<unknown>';

/** As `kubectl top pod`, with `--containers` a line for each of them. */
export function formatPodUsage(
  pods: readonly PodUsage[],
  { namespaces, containers }: { readonly namespaces: boolean; readonly containers: boolean },
): string {
  const space = (text: string) => (namespaces ? [text] : []);
  if (!containers) {
    return table([
      [...space('NAMESPACE'), 'NAME', 'CPU(cores)', 'MEMORY(bytes)'],
      ...pods.map((pod) => [...space(pod.namespace), pod.name, ...cells(pod)]),
    ]);
  }
  return table([
    [...space('NAMESPACE'), 'POD', 'NAME', 'CPU(cores)', 'MEMORY(bytes)'],
    ...pods.flatMap((pod) =>
      pod.containers.map((one) => [...space(pod.namespace), pod.name, one.name, ...cells(one)]),
    ),
  ]);
}

/** As `kubectl top node`; percentages are of the whole machine. */
export function formatNodeUsage(node: NodeUsage): string {
  const [cpu, memory] = cells(node);
  return table([
    ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'],
    [
      node.name,
      cpu,
      percent(node.cpuNanoCores, node.cpus * 1e9),
      memory,
      percent(node.memoryBytes, node.memoryCapacityBytes),
    ],
  ]);
}

/** Millicores are rounded up, mebibytes down, as kubectl does. */
function cells({ cpuNanoCores, memoryBytes }: Usage): [cpu: string, memory: string] {
  return [
    cpuNanoCores === undefined ? UNKNOWN : `${Math.ceil(cpuNanoCores / 1e6)}m`,
    memoryBytes === undefined ? UNKNOWN : `${Math.floor(memoryBytes / 1_048_576)}Mi`,
  ];
}

function percent(part: number | undefined, whole: number | undefined): string {
  return part === undefined || !whole ? UNKNOWN : `${Math.floor((part * 100) / whole)}%`;
}
