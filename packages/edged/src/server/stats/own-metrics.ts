import type { ServerSource } from '../server-options.js';
import type { Family } from './exposition.js';

/** Figures of edged itself, under a kubelet's names where they mean the same. */
export async function ownMetrics({ nodeName, runtime }: ServerSource): Promise<Family[]> {
  const [sandboxes, containers] = await Promise.all([
    runtime.listSandboxes().catch(() => []),
    runtime.listContainers().catch(() => []),
  ]);
  const states = ['created', 'running', 'exited', 'unknown'] as const;
  return [
    {
      name: 'kubelet_node_name',
      help: "The node's name. The count is always 1.",
      type: 'gauge',
      figures: [{ labels: { node: nodeName }, value: 1 }],
    },
    {
      name: 'kubelet_running_pods',
      help: 'Number of pods that have a running pod sandbox',
      type: 'gauge',
      figures: [{ value: sandboxes.filter(({ state }) => state === 'ready').length }],
    },
    {
      name: 'kubelet_running_containers',
      help: 'Number of containers currently running',
      type: 'gauge',
      figures: states
        .map((state) => ({
          labels: { container_state: state },
          value: containers.filter((one) => one.state === state).length,
        }))
        .filter(({ value }) => value > 0),
    },
  ];
}
