import type { Logger } from '@edgecore/api';
import type { Store } from '@edgecore/store';
import { VERSION } from '../version.js';
import { recall, remember } from './node-state.js';

/**
 * Keeps the version of this program in the node's database, where upstream
 * writes it into the user's file (config.md §6), and says when it has changed.
 */
export async function rememberVersion(store: Store, log: Logger): Promise<void> {
  const before = await recall(store, 'version');
  if (before === VERSION) return;
  if (before !== undefined)
    log.info({ before, now: VERSION }, 'this node ran another version of EdgeCore before');
  await remember(store, 'version', VERSION);
}
