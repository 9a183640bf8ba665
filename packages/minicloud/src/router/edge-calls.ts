import { isRecord } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { ApiError } from '../errors.js';

/** What a service of a node answered, or the node in its place. */
export interface EdgeHttpAnswer {
  readonly status: number;
  /** Canonical names, every value in an array. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
}

interface Waiting {
  readonly node: string;
  readonly settle: (outcome: EdgeHttpAnswer | ApiError) => void;
}

/** Calls sent to nodes that have no answer yet. */
export class EdgeCalls {
  readonly #waiting = new Map<string, Waiting>();

  /** Resolves with the answer. @throws {ApiError} ServiceUnavailable when the node leaves, Timeout. */
  wait(node: string, id: string, timeoutMs: number): Promise<EdgeHttpAnswer> {
    return new Promise((resolve, reject) => {
      const settle = (outcome: EdgeHttpAnswer | ApiError) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (outcome instanceof ApiError) reject(outcome);
        else resolve(outcome);
      };
      const late = `wait to get response time out: node ${node} gave no answer within ${timeoutMs} ms; is serviceBus switched on there?`;
      const timer = setTimeout(() => settle(new ApiError('Timeout', 504, late)), timeoutMs);
      this.#waiting.set(id, { node, settle });
    });
  }

  /** An answer of a node; late ones and those of another node are ignored. */
  answered(node: string, message: Message): void {
    const waiting = this.#waiting.get(message.parentId);
    if (waiting?.node === node) waiting.settle(answerOf(message.content));
  }

  nodeLeft(node: string): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.node === node) waiting.settle(noSession(node));
    }
  }

  close(): void {
    for (const { settle } of [...this.#waiting.values()]) {
      settle(new ApiError('ServiceUnavailable', 503, 'the cloud is closing'));
    }
  }
}

export function noSession(node: string): ApiError {
  return new ApiError('ServiceUnavailable', 503, `cloudcore doesn't have session for node:${node}`);
}

function answerOf(content: unknown): EdgeHttpAnswer | ApiError {
  const { header, status_code: status, body } = isRecord(content) ? content : {};
  if (typeof status !== 'number' || !(body === undefined || typeof body === 'string')) {
    return new ApiError('BadRequest', 502, 'the node answered with something that is no HTTP answer');
  }
  return {
    status,
    headers: isRecord(header) ? (header as EdgeHttpAnswer['headers']) : {},
    body: Buffer.from(body ?? '', 'base64'),
  };
}
