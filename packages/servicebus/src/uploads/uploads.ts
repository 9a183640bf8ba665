import {
  type CloudLink,
  errorText,
  Group,
  hasCode,
  ModuleName,
  NotConnectedError,
  Operation,
} from '@edgecore/api';
import { createMessage, type Message, type ModuleContext, type RequestTimeoutError } from '@edgecore/beehive';
import type { TargetUrls } from '../rules/target-urls.js';
import { answered, refused, type UploadAnswer } from './upload-answer.js';
import type { ResolvedUploadOptions } from './upload-options.js';
import { readUploadRequest } from './upload-request.js';

export interface UploadsParts {
  readonly ctx: ModuleContext;
  readonly urls: Pick<TargetUrls, 'has'>;
  readonly link: CloudLink | undefined;
  readonly options: ResolvedUploadOptions;
}

/** Carries requests of applications to the cloud and its answers back (servicebus.md §4). */
export class Uploads {
  #waiting = 0;
  #bytes = 0;

  constructor(private readonly parts: UploadsParts) {}

  /** Never rejects; when the signal aborts the application has gone and the answer is for nobody. */
  async handle(body: Buffer, signal: AbortSignal): Promise<UploadAnswer> {
    const answer = await this.#answer(body, signal);
    const { metrics } = this.parts.ctx;
    metrics.count('edgecore_servicebus_uploads_total', { code: String(answer.code) });
    return answer;
  }

  async #answer(body: Buffer, signal: AbortSignal): Promise<UploadAnswer> {
    const { urls, link, options } = this.parts;
    const request = readUploadRequest(body);
    if (!request) return refused('invalid params');
    const { targetUrl } = request;
    if (!urls.has(targetUrl)) {
      return refused(`url ${targetUrl} is not allowed and please make a rule for this url in the cloud`);
    }
    if (link && !link.connected) return refused(new NotConnectedError().message);
    const full = this.#waiting >= options.maxUploads || this.#bytes + body.length > options.maxUploadBytes;
    // One alone is always let through, whatever its size.
    if (full && this.#waiting > 0) {
      return refused(`too many requests: ${this.#waiting} are waiting for the cloud; try again later`, 429);
    }
    this.#waiting += 1;
    this.#bytes += body.length;
    try {
      return await this.#ask(targetUrl, body, signal);
    } finally {
      this.#waiting -= 1;
      this.#bytes -= body.length;
    }
  }

  async #ask(targetUrl: string, body: Buffer, signal: AbortSignal): Promise<UploadAnswer> {
    const { ctx, options } = this.parts;
    const message = createMessage<unknown>({
      source: ModuleName.servicebus,
      group: Group.user,
      operation: Operation.upload,
      resource: targetUrl,
      // Bytes become base64 in the frame, which cloud services have come to expect.
      content: options.plainBody ? body.toString('utf8') : body,
    });
    const { timeoutMs } = options;
    try {
      const response = await ctx.request(ModuleName.edgehub, message, { timeoutMs, signal });
      return answered(textOf(response.content));
    } catch (error) {
      ctx.log.debug({ id: message.id, url: targetUrl, error: errorText(error) }, 'no answer of the cloud');
      return refused(reasonOf(error, message));
    }
  }
}

function reasonOf(error: unknown, message: Message): string {
  if (!hasCode(error, 'ERR_REQUEST_TIMEOUT')) return errorText(error);
  const { phase } = error as RequestTimeoutError;
  return phase === 'send'
    ? `timeout to send message ${message.id}`
    : `timeout to get response for message ${message.id}`;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content instanceof Uint8Array) return Buffer.from(content).toString('utf8');
  return content === null || content === undefined ? '' : JSON.stringify(content);
}
