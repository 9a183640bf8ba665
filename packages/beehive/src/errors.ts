import { EdgeCoreError } from '@edgecore/api';
import type { Message } from './message/message.js';

/** A frame that is not a message. Keeps the first 200 characters for the log. */
export class MalformedMessageError extends EdgeCoreError {
  readonly excerpt: string;

  constructor(reason: string, text: string, options?: ErrorOptions) {
    super('ERR_MALFORMED_MESSAGE', `malformed message: ${reason}`, options);
    this.excerpt = text.slice(0, 200);
  }
}

/** The bus has no module (or group) of that name: never registered, disabled or stopped. */
export class NoSuchModuleError extends EdgeCoreError {
  constructor(readonly target: string) {
    super('ERR_NO_SUCH_MODULE', `no module or group named "${target}" is running`);
  }
}

/** A request got no answer in time. `phase` says whether it was still waiting to be taken in. */
export class RequestTimeoutError extends EdgeCoreError {
  constructor(
    readonly phase: 'send' | 'reply',
    readonly target: string,
    readonly request: Message,
    readonly timeoutMs: number,
  ) {
    super(
      'ERR_REQUEST_TIMEOUT',
      `no ${phase === 'send' ? 'room for' : 'answer to'} ${request.operation} ${request.resource} from "${target}" within ${timeoutMs} ms`,
    );
  }
}

/** The answer to a request was an `error` message. */
export class ErrorResponseError extends EdgeCoreError {
  constructor(readonly response: Message) {
    super(
      'ERR_ERROR_RESPONSE',
      typeof response.content === 'string' ? response.content : 'the request failed',
    );
  }
}

/** A module could not start or the module graph is wrong. */
export class ModuleError extends EdgeCoreError {
  constructor(
    readonly module: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super('ERR_MODULE', `module "${module}": ${message}`, options);
  }
}
