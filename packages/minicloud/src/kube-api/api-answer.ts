import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorText } from '@edgecore/api';
import { ApiError } from '../errors.js';

/** A Status object of Kubernetes: what its clients show for an error. */
export function statusObject(error: unknown): { readonly code: number; readonly body: string } {
  const known = error instanceof ApiError;
  const code = known ? error.status : 500;
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: errorText(error),
    reason: known ? error.reason : 'InternalError',
    ...(known && error.details ? { details: error.details } : {}),
    code,
  };
  return { code, body: `${JSON.stringify(status)}\n` };
}

export function sendJson(response: ServerResponse, code: number, body: unknown): void {
  send(response, code, `${JSON.stringify(body)}\n`);
}

/** An error, if the answer has not begun; else the answer is broken off, so that the client sees it. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { code, body } = statusObject(error);
  send(response, code, body);
}

/** The same on a connection that was to become a stream. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { code, body } = statusObject(error);
  socket.end(
    `HTTP/1.1 ${code} ${code === 401 ? 'Unauthorized' : 'Refused'}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function send(response: ServerResponse, code: number, text: string): void {
  const length = Buffer.byteLength(text);
  response.writeHead(code, { 'Content-Type': 'application/json', 'Content-Length': length }).end(text);
}
