import type { NodeAllocatable } from '../env/resource-field-ref.js';
import type { Host } from './host.js';
import { readMachine } from './machine.js';
import { legacyStatus, modernStatus } from './node-status.js';
import type { Thresholds } from './threshold.js';

export interface AllocatableOptions {
  /** The file system counted as `nodefs`. */
  readonly rootDirectory: string;
  /** `evictionHard`: what they keep free is not handed out. */
  readonly thresholds: Thresholds;
  /** Which of the two clouds the node reports to: they are told different figures. */
  readonly dialect: 'legacy' | 'modern';
}

/** What the node reports as allocatable, for `resourceFieldRef` (edged.md §6.3). */
export async function nodeAllocatable(host: Host, options: AllocatableOptions): Promise<NodeAllocatable> {
  const machine = await readMachine(host, options.rootDirectory);
  const { thresholds } = options;
  const unused = { addresses: [], runtimeVersion: '', maxPods: 0, kubeletPort: 0, agentVersion: '' };
  const facts = { ...unused, machine, thresholds };
  const { allocatable } = options.dialect === 'legacy' ? legacyStatus(facts) : modernStatus(facts, []);
  return {
    cpu: allocatable['cpu'] ?? '0',
    memory: allocatable['memory'] ?? '0',
    ephemeralStorage: allocatable['ephemeral-storage'] ?? '0',
  };
}
