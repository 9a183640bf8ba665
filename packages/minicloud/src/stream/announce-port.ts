import { errorText, hasCode, isRecord, type Logger } from '@edgecore/api';
import type { ApiError } from '../errors.js';
import { Kinds } from '../objects/kinds.js';
import type { ObjectStore } from '../objects/object-store.js';
import { statusOf } from '../objects/stored-object.js';

/** The first CloudCore's; an API server of a cluster reaches the node's logs through it. */
const TUNNEL_PORT = 10_351;
/** What today's cloud says when it gives up (edgestream.md §2). */
const FAILED = 'failed to Update KubeletEndpoint Port';

/**
 * Writes the tunnel's port into the node, as today's cloud does when a tunnel
 * connects. A node may dial before it is registered: it is waited for.
 * Resolves with the text for the edge when there was none in time.
 */
export async function announcePort(
  node: string,
  { objects, waitMs, logger, gone }: AnnounceOptions,
): Promise<string | undefined> {
  if (!(await exists(objects, node, AbortSignal.any([gone, AbortSignal.timeout(waitMs)])))) return FAILED;
  try {
    await objects.update(Kinds.node, '', node, (draft) => {
      const status = statusOf(draft);
      const endpoints = isRecord(status['daemonEndpoints']) ? status['daemonEndpoints'] : {};
      return {
        ...draft,
        status: { ...status, daemonEndpoints: { ...endpoints, kubeletEndpoint: { Port: TUNNEL_PORT } } },
      };
    });
    return undefined;
  } catch (error) {
    const isGone = hasCode(error, 'ERR_API') && (error as ApiError).reason === 'NotFound';
    if (!isGone) logger.error({ node, err: errorText(error) }, 'the port of the tunnel could not be written');
    return FAILED;
  }
}

export interface AnnounceOptions {
  readonly objects: ObjectStore;
  /** How long a node may take to register. Milliseconds. */
  readonly waitMs: number;
  readonly logger: Logger;
  /** The tunnel has ended. */
  readonly gone: AbortSignal;
}

function exists(objects: ObjectStore, node: string, signal: AbortSignal): Promise<boolean> {
  const isThere = () => objects.get(Kinds.node, '', node) !== undefined;
  if (isThere()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (found: boolean) => {
      unsubscribe();
      resolve(found);
    };
    const unsubscribe = objects.subscribe(() => {
      if (isThere()) done(true);
    });
    signal.addEventListener('abort', () => done(false), { once: true });
    if (signal.aborted) done(false);
  });
}
