/** What is read of an answer of `/stats/summary` (edged.md §12.5). */
export interface StatsSummary {
  readonly node: Figures & { readonly nodeName: string };
  readonly pods: readonly PodFigures[];
}

interface Figures {
  readonly cpu?: { readonly usageNanoCores?: number };
  readonly memory?: { readonly workingSetBytes?: number; readonly availableBytes?: number };
}

interface PodFigures extends Figures {
  readonly podRef: { readonly name: string; readonly namespace: string };
  readonly containers: readonly (Figures & { readonly name: string })[];
}

/** CPU and memory in use; absent while not known. */
export interface Usage {
  /** Billionths of a core. */
  readonly cpuNanoCores?: number;
  readonly memoryBytes?: number;
}

export interface ContainerUsage extends Usage {
  readonly name: string;
}

export interface PodUsage extends Usage {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly ContainerUsage[];
}

export interface NodeUsage extends Usage {
  readonly name: string;
  /** Of the machine. */
  readonly cpus: number;
  /** Working set and what is free. */
  readonly memoryCapacityBytes?: number;
}

/** Pods in order of their names, of one namespace or (`undefined`) of all. */
export function podUsages(summary: StatsSummary, namespace: string | undefined): PodUsage[] {
  return summary.pods
    .filter(({ podRef }) => namespace === undefined || podRef.namespace === namespace)
    .map((pod) => ({
      namespace: pod.podRef.namespace,
      name: pod.podRef.name,
      ...usage(pod),
      containers: pod.containers.map((one) => ({ name: one.name, ...usage(one) })),
    }))
    .sort((a, b) => order(a.namespace, b.namespace) || order(a.name, b.name));
}

export function nodeUsage({ node }: StatsSummary, cpus: number): NodeUsage {
  const { workingSetBytes, availableBytes } = node.memory ?? {};
  return {
    name: node.nodeName,
    ...usage(node),
    cpus,
    ...(workingSetBytes !== undefined &&
      availableBytes !== undefined && { memoryCapacityBytes: workingSetBytes + availableBytes }),
  };
}

function usage({ cpu, memory }: Figures): Usage {
  return {
    ...(cpu?.usageNanoCores !== undefined && { cpuNanoCores: cpu.usageNanoCores }),
    ...(memory?.workingSetBytes !== undefined && { memoryBytes: memory.workingSetBytes }),
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
