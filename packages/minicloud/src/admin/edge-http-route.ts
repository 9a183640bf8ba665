import { isRecord } from '@edgecore/api';
import { ApiError } from '../errors.js';
import type { EdgeHttpAnswer } from '../router/edge-calls.js';
import type { EdgeHttpRequest } from '../router/http-request.js';

/** Answer of `POST /http`: as {@link EdgeHttpAnswer}, the body in base64. */
export interface AdminHttpAnswer extends Omit<EdgeHttpAnswer, 'body'> {
  readonly body: string;
}

/** `POST /http`: a call of a service on a node; the body in base64 both ways. @throws {ApiError} */
export async function edgeHttpRoute(
  http: (request: EdgeHttpRequest) => Promise<EdgeHttpAnswer>,
  text: string,
): Promise<AdminHttpAnswer> {
  const { status, headers, body } = await http(read(text));
  return { status, headers, body: body.toString('base64') };
}

function read(text: string): EdgeHttpRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('the body is not JSON');
  }
  if (!isRecord(value)) throw bad('the body is not an object');
  const { node, port, path, method, headers, body, timeoutMs } = value;
  if (typeof node !== 'string' || typeof port !== 'number') throw bad('node and port are needed');
  for (const [name, given] of Object.entries({ path, method, body })) {
    if (given !== undefined && typeof given !== 'string') throw bad(`${name} is not a text`);
  }
  const lists = (fields: Record<string, unknown>) =>
    Object.values(fields).every(
      (values) => Array.isArray(values) && values.every((one) => typeof one === 'string'),
    );
  if (headers !== undefined && !(isRecord(headers) && lists(headers)))
    throw bad('headers are not lists of texts');
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0))
    throw bad('timeoutMs is not above 0');
  return {
    ...(value as unknown as EdgeHttpRequest),
    body: Buffer.from((body as string | undefined) ?? '', 'base64'),
  };
}

function bad(problem: string): ApiError {
  return new ApiError('BadRequest', 400, problem);
}
