import type { Duplex } from 'node:stream';
import type { Logger } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { Backlog, type DiskBudget } from '../stream/backlog.js';
import type { SessionRequest } from '../stream/connect-payload.js';
import { refuseUpgrade } from './api-answer.js';
import { type NodeLink, nodeLeft } from './node-link.js';

/** How long edged may take for its first byte. */
const ANSWER_MS = 30_000;
/** How long a client may keep a connection that is over. */
const LINGER_MS = 10_000;

export interface StreamSessionOptions {
  readonly link: NodeLink;
  readonly budget: DiskBudget;
  readonly node: string;
  readonly logger: Logger;
}

/**
 * Exec, attach and port-forward: joins the client's connection with edged's, byte
 * for byte, the answer to the upgrade among them. Whatever the two speak, SPDY or
 * WebSocket, is theirs.
 *
 * @throws {ApiError} before anything was sent.
 */
export function serveStream(
  socket: Duplex,
  head: Buffer,
  request: SessionRequest,
  { link, budget, node, logger }: StreamSessionOptions,
): void {
  const backlog = new Backlog(socket, budget);
  let hasAnswered = false;
  const refuse = (error: ApiError) => (hasAnswered ? socket.destroy() : refuseUpgrade(socket, error));
  const session = link.open(node, request, {
    data(bytes) {
      hasAnswered = true;
      clearTimeout(timer);
      if (backlog.write(bytes)) return;
      logger.warn({ node, path: request.path }, 'a client reads too slowly; its session is ended');
      session.close();
      socket.destroy();
    },
    end(why) {
      clearTimeout(timer);
      if (why === 'lost') return refuse(nodeLeft(node));
      if (!hasAnswered)
        return refuse(new ApiError('InternalError', 500, `node ${node} did not answer the request`));
      socket.once('finish', () => {
        const linger = setTimeout(() => socket.destroy(), LINGER_MS);
        socket.once('close', () => clearTimeout(linger));
      });
      backlog.end();
    },
  });
  const timer = setTimeout(() => {
    session.close();
    refuse(new ApiError('Timeout', 504, `node ${node} did not answer within ${ANSWER_MS / 1000} s`));
  }, ANSWER_MS);
  socket.on('error', () => {});
  socket.once('close', () => {
    clearTimeout(timer);
    session.close();
  });
  void sendAll(socket, head, (bytes) => session.send(bytes)).then(() => session.close());
}

/** Reads as fast as the tunnel takes it; resolves at the client's end, or the session's. */
async function sendAll(
  socket: Duplex,
  head: Buffer,
  send: (bytes: Buffer) => Promise<boolean>,
): Promise<void> {
  if (head.length > 0 && !(await send(head))) return;
  try {
    for await (const bytes of socket.iterator({ destroyOnReturn: false })) {
      if (!(await send(bytes as Buffer))) return;
    }
  } catch {
    // The client broke off.
  }
}
