import { isRecord } from '@edgecore/api';
import { podSpec } from './pod-rules.js';

/** Problems told of one pod: more would only make its status long. */
const MOST = 5;

/**
 * What is wrong with a pod's spec, in the words of Kubernetes' API server;
 * empty for one this node can work with. Clouds check more before they hand a
 * pod out; pods of files and of dbTest come unchecked.
 */
export function specProblems(spec: unknown): readonly string[] {
  const problems: string[] = [];
  const report = (problem: string) => {
    if (problems.length < MOST) problems.push(problem);
  };
  if (!isRecord(spec)) report('spec: Required value');
  else {
    podSpec(spec, 'spec', report);
    if (Array.isArray(spec['containers']) && spec['containers'].length === 0) {
      report('spec.containers: Required value');
    }
    containerNames(spec, report);
  }
  return problems;
}

/** Init, app and ephemeral containers share their names. */
function containerNames(spec: Record<string, unknown>, report: (problem: string) => void): void {
  const seen = new Set<unknown>();
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    const containers: unknown = spec[list];
    if (!Array.isArray(containers)) continue;
    for (const [index, container] of containers.entries()) {
      const name: unknown = isRecord(container) ? container['name'] : undefined;
      if (typeof name !== 'string') continue;
      if (seen.has(name)) report(`spec.${list}[${index}].name: Duplicate value: ${JSON.stringify(name)}`);
      seen.add(name);
    }
  }
}
