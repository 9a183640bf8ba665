import { EdgeCoreError, errorText, type Logger, parseResource, ResourceType } from '@edgecore/api';
import { errorTo, type Message, type ModuleContext, responseTo } from '@edgecore/beehive';
import type { GrpcMethod } from '@edgecore/grpc';
import { callPlugin } from './call.js';
import { messageFromJson } from './from-json.js';
import { goJson } from './go-json.js';
import { Controller } from './methods.js';
import type { DriverRegistry } from './registration/driver-registry.js';

export interface ControllerCallsOptions {
  readonly ctx: Pick<ModuleContext, 'deliver'>;
  readonly log: Logger;
  /** Name of the driver that is called: the messages name none (edged.md §14). */
  readonly driver: string;
  readonly registry: DriverRegistry;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Calls under way; a cloud that sends more waits for nothing good. */
const MAX_CALLS = 32;
/** A text may be JSON in JSON: the 2020 edge marshals twice. */
const MAX_QUOTES = 2;

/** The cloud's calls of a driver's controller service, carried out on this node (wire.md §6.1 D23, §6.2 U23). */
export class ControllerCalls {
  readonly #options: ControllerCallsOptions;
  #running = 0;

  constructor(options: ControllerCallsOptions) {
    this.#options = options;
  }

  /** Takes a message; false when it is about something else. Answers it later, never throws. */
  handle(message: Message): boolean {
    const method = Controller[message.operation];
    if (!method || parseResource(message.resource).type !== ResourceType.volume) return false;
    void this.#carryOut(method, message);
    return true;
  }

  async #carryOut(method: GrpcMethod, message: Message): Promise<void> {
    const { ctx, log } = this.#options;
    const { id, operation, resource } = message;
    try {
      const answer = await this.#call(method, message.content);
      if (message.sync) ctx.deliver(responseTo(message, answer));
    } catch (error) {
      log.warn({ id, operation, resource, error: errorText(error) }, 'CSI call of the cloud failed');
      if (message.sync) ctx.deliver(errorTo(message, `${operation} failed: ${errorText(error)}`));
    }
  }

  /** @returns the base64 text of the response in Go's JSON. */
  async #call(method: GrpcMethod, content: unknown): Promise<string> {
    const { registry, driver: name, timeoutMs, signal } = this.#options;
    const request = messageFromJson(method.request, unquoted(content));
    const driver = registry.get(name);
    if (!driver) throw new ControllerCallError(`CSI driver ${name} is not registered on this node`);
    if (this.#running >= MAX_CALLS) throw new ControllerCallError(`${MAX_CALLS} calls are under way already`);
    this.#running += 1;
    try {
      const options = { socketPath: driver.endpoint, timeoutMs, signal };
      const response = await callPlugin(method, request, options);
      return Buffer.from(goJson(method.response, response), 'utf8').toString('base64');
    } finally {
      this.#running -= 1;
    }
  }
}

class ControllerCallError extends EdgeCoreError {
  constructor(message: string) {
    super('ERR_CSI_CONTROLLER_CALL', message);
  }
}

/** The request itself: an object, or a text that holds one. */
function unquoted(content: unknown): unknown {
  let value = content;
  for (let quotes = 0; typeof value === 'string' && quotes < MAX_QUOTES; quotes += 1) {
    try {
      value = JSON.parse(value);
    } catch (error) {
      throw new ControllerCallError(`the request is not JSON: ${errorText(error)}`);
    }
  }
  return value;
}
