import { createConnection, type OnReadOpts, type Socket } from 'node:net';
import { errorText } from '@edgecore/api';
import { NoBackendError } from '../errors.js';
import type { Backend } from '../model/backends.js';
import type { Balancer } from './balancer.js';
import type { Health } from './health.js';
import type { ReadBuffer, ReadBuffers } from './read-buffer.js';

export interface DialOptions {
  readonly timeoutMs: number;
  /** For `net.createConnection`: faster reads. A connection made without it is read through its `data` events. */
  readonly onread: OnReadOpts;
}

/**
 * Opens a connection to an endpoint; something else than TCP (a tunnel between
 * nodes) can take its place. Resolves with a connected, paused socket.
 */
export type Dialer = (backend: Backend, options: DialOptions) => Promise<Socket>;

/** Different endpoints tried for one connection (edgemesh.md §9). */
export const MAX_TRIES = 3;

/** What may wait in each direction of a connection: with less, a fast sender is stopped after every read. */
export const BUFFER_BYTES = 128 * 1024;

/** Plain TCP. */
export const tcpDialer: Dialer = ({ address, port }, { timeoutMs, onread }) =>
  new Promise((resolve, reject) => {
    const socket = createConnection({
      ...{ host: address, port, allowHalfOpen: true, noDelay: true },
      ...{ onread, writableHighWaterMark: BUFFER_BYTES },
    });
    socket.pause();
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no answer of ${address}:${port} within ${timeoutMs} ms`));
    }, timeoutMs);
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });

/** Of a service port. */
export interface ConnectOptions {
  readonly balancer: Balancer;
  readonly health: Health;
  readonly dial: Dialer;
  readonly buffers: ReadBuffers;
  readonly connectTimeoutMs: number;
}

/** Of one connection. */
export interface ConnectFor {
  readonly client: string;
  /** Nobody waits any more: no further endpoint is tried. */
  readonly gone: () => boolean;
  readonly onFailure?: (backend: Backend, error: unknown) => void;
}

export interface Connected {
  readonly socket: Socket;
  /** Where it is read into. */
  readonly reads: ReadBuffer;
  readonly backend: Backend;
  /** To be called when the connection has ended. */
  readonly release: () => void;
}

/**
 * Connects to one endpoint after the other until one answers.
 * @throws {NoBackendError} with the last failure as cause.
 */
export async function connectToService(
  { balancer, health, dial, buffers, connectTimeoutMs: timeoutMs }: ConnectOptions,
  { client, gone, onFailure }: ConnectFor,
): Promise<Connected> {
  const tried = new Set<string>();
  let last: unknown;
  while (tried.size < MAX_TRIES && !gone()) {
    const backend = balancer.pick({ client, tried });
    if (!backend) break;
    tried.add(backend.id);
    const reads = buffers.take();
    try {
      const socket = await dial(backend, { timeoutMs, onread: reads.onread });
      health.succeeded(backend.id);
      const done = balancer.connected(backend, client);
      const release = () => {
        buffers.giveBack(reads);
        done();
      };
      return { socket, reads, backend, release };
    } catch (error) {
      last = error;
      health.failed(backend.id);
      onFailure?.(backend, error);
    }
  }
  throw new NoBackendError(
    tried.size === 0 ? 'it has no endpoint' : `none of its endpoints answers: ${errorText(last)}`,
    { cause: last },
  );
}
