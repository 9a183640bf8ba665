import { binaryQuantity } from '../node/parse-host.js';
import type { MetThreshold } from '../node/pressure.js';
import { type Candidate, resourceOf } from './candidate.js';

/** kubelet's text for a pod that was evicted (edged.md §10.4). */
export function evictionMessage({ rule, amount, sample }: MetThreshold, { containers }: Candidate): string {
  const resource = resourceOf(rule.signal);
  const text = (value: number) => quantityText(value, resource);
  // A quantity is told as configured, a share as the amount it comes to.
  const threshold = 'amount' in rule.threshold ? rule.text : binaryQuantity(amount);
  const greedy = containers
    .filter(({ used, request }) => used > request)
    .map(
      ({ name, used, request }) =>
        `Container ${name} was using ${text(used)}, request is ${text(request)}, has larger consumption of ${resource}.`,
    );
  return [
    `The node was low on resource: ${resource}.`,
    `Threshold quantity: ${threshold}, available: ${text(Math.max(0, sample.left))}.`,
    ...greedy,
  ].join(' ');
}

function quantityText(value: number, resource: string): string {
  if (resource === 'inodes' || resource === 'pids') return String(value);
  // Exact bytes are hard to read and change with every look: kubelet's whole KiB.
  return binaryQuantity(value < 1024 ? value : Math.floor(value / 1024) * 1024);
}
