import { createHash } from 'node:crypto';
import { errorText, isRecord } from '@edgecore/api';
import type { ModuleContext } from '@edgecore/beehive';
import { createMessage, parseJson } from '@edgecore/beehive';
import { record, text } from '../model/read.js';

/** What the cloud's dynamic controller is asked for (metamanager.md §9.6). */
export interface ApplicationRequest {
  /** `/core/v1/services/null/null` */
  readonly key: string;
  readonly verb: 'list' | 'watch';
  /** List options, `{}` for none. */
  readonly options?: object;
}

export interface AskOptions {
  readonly ctx: Pick<ModuleContext, 'request' | 'signal'>;
  readonly hub: string;
  readonly nodeName: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The decoded answer. @throws {Error} when the cloud refuses; the bus's errors when it does not answer. */
export async function askDynamicController(
  request: ApplicationRequest,
  options: AskOptions,
): Promise<unknown> {
  const { ctx, hub, nodeName, timeoutMs, signal } = options;
  const message = createMessage<unknown>({
    source: 'metaserver',
    group: 'dynamiccontroller',
    operation: 'null',
    resource: 'null',
    content: application(request, nodeName),
  });
  const { content } = await ctx.request(hub, message, { timeoutMs, signal });
  const answer = record(content);
  if (answer['Status'] !== 'Approved') {
    const status = record(record(answer['Error'])['ErrStatus']);
    throw new Error(text(answer['Reason']) || text(status['message']) || 'the cloud refused it');
  }
  const body = text(answer['RespBody']);
  if (body === '') return null;
  try {
    return parseJson(Buffer.from(body, 'base64').toString('utf8'));
  } catch (error) {
    throw new Error(`the answer is not JSON: ${errorText(error)}`);
  }
}

function application({ key, verb, options = {} }: ApplicationRequest, nodeName: string): object {
  const option = JSON.stringify(options);
  return {
    ID: createHash('sha256').update(`${nodeName}${key}${verb}${option}`).digest('hex'),
    Key: key,
    Verb: verb,
    Nodename: nodeName,
    Option: Buffer.from(option).toString('base64'),
    ReqBody: null,
    Subresource: '',
    RespBody: null,
    Status: 'InApplying',
    Reason: '',
    Error: { ErrStatus: { metadata: {} } },
    Timestamp: '0001-01-01T00:00:00Z',
  };
}

/** The objects of a list. */
export function itemsOf(answer: unknown): unknown[] {
  const items = isRecord(answer) ? answer['items'] : undefined;
  return Array.isArray(items) ? items : [];
}
