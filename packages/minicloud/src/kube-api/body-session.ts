import type { ServerResponse } from 'node:http';
import type { Logger } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { Backlog, type DiskBudget } from '../stream/backlog.js';
import type { SessionRequest } from '../stream/connect-payload.js';
import { sendError } from './api-answer.js';
import { type NodeLink, nodeLeft } from './node-link.js';

/** A log without a line yet must not keep its follower from the head for longer. */
const HEAD_MS = 1000;
/** What the edge says in place of a body when its edged does not answer. */
const NO_EDGED = 'the edge node could not ask its own edged';
const MAX_ERROR_BYTES = 4096;

export interface BodySessionOptions {
  readonly link: NodeLink;
  readonly budget: DiskBudget;
  readonly node: string;
  readonly contentType: string;
  /** Does a body begin like this? What does not is the text of an error: the tunnel carries no status. */
  readonly isBody?: (start: Buffer) => boolean;
  readonly logger: Logger;
}

/**
 * Logs and figures: what the edge sends becomes the body of the answer.
 *
 * @throws {ApiError} before anything was sent.
 */
export function serveBody(
  response: ServerResponse,
  request: SessionRequest,
  options: BodySessionOptions,
): void {
  const { link, node, budget, logger } = options;
  const backlog = new Backlog(response, budget);
  let problem: Buffer | undefined;
  const begin = () => {
    clearTimeout(timer);
    if (response.headersSent) return;
    response.writeHead(200, { 'Content-Type': options.contentType, 'Cache-Control': 'no-store' });
    response.flushHeaders();
  };
  const session = link.open(node, request, {
    data(bytes) {
      if (problem || (!response.headersSent && isProblem(bytes, options))) {
        clearTimeout(timer);
        problem = Buffer.concat([problem ?? Buffer.alloc(0), bytes]).subarray(0, MAX_ERROR_BYTES);
        return;
      }
      begin();
      if (backlog.write(bytes)) return;
      logger.warn({ node, path: request.path }, 'a client reads too slowly; its session is ended');
      session.close();
      response.destroy();
    },
    end(why) {
      clearTimeout(timer);
      if (problem) sendError(response, edgeProblem(node, problem));
      else if (why === 'lost') sendError(response, nodeLeft(node));
      else {
        begin();
        backlog.end();
      }
    },
  });
  const timer = setTimeout(begin, HEAD_MS);
  response.once('close', () => {
    clearTimeout(timer);
    session.close();
  });
}

function isProblem(start: Buffer, { isBody }: BodySessionOptions): boolean {
  if (start.toString('utf8', 0, NO_EDGED.length) === NO_EDGED) return true;
  return isBody !== undefined && !isBody(start);
}

function edgeProblem(node: string, text: Buffer): ApiError {
  const said = text.toString('utf8').trim();
  const advice = said.startsWith(NO_EDGED) ? '; see that edged and its server are on there' : '';
  return new ApiError('InternalError', 500, `node ${node}: ${said}${advice}`);
}
