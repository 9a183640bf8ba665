import type { Store } from '@edgecore/store';
import { recall, remember } from './node-state.js';

/** Did this node run its pods on Docker the last time? */
export async function usedDocker(store: Store): Promise<boolean> {
  return (await recall(store, 'runtime')) === 'docker';
}

/** Keeps the name of the runtime for the next start. */
export async function rememberRuntime(store: Store, name: string): Promise<void> {
  await remember(store, 'runtime', name);
}
