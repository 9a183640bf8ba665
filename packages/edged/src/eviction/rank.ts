import type { Candidate, ScarceResource } from './candidate.js';

/**
 * Who is evicted first (edged.md §10.4), as kubelet ranks: who uses more than
 * asked for, then lower priority, then most above the request. Of PIDs
 * nothing can be asked: priority, then most used. Pure.
 */
export function rankCandidates(candidates: readonly Candidate[], resource: ScarceResource): Candidate[] {
  return [...candidates].sort(
    (a, b) =>
      (resource === 'pids' ? 0 : Number(exceeds(b)) - Number(exceeds(a))) ||
      priority(a) - priority(b) ||
      excess(b) - excess(a) ||
      // So that equals are always taken in the same order.
      (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1),
  );
}

function exceeds(candidate: Candidate): boolean {
  return excess(candidate) > 0;
}

function excess({ used, request }: Candidate): number {
  return used - request;
}

function priority({ pod }: Candidate): number {
  return pod.spec.priority ?? 0;
}
