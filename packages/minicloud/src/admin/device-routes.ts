import { isRecord } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { jsonProblem } from '../json-problem.js';
import type { AdminTarget } from './admin-server.js';

export interface DeviceCall {
  readonly method: string;
  /** What follows `/devices` in the path. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: () => Promise<string>;
  /** Aborts when the caller has gone. */
  readonly gone: AbortSignal;
}

const WAIT_S = 30;
const MAX_WAIT_S = 300;

/** The routes below `/devices`; see {@link AdminServer}. @throws {ApiError} saying what is wrong. */
export async function answerDevices(target: AdminTarget, call: DeviceCall): Promise<unknown> {
  const { method, parts } = call;
  const [namespace, name, word, property] = parts;
  if (method === 'GET' && parts.length === 0) return target.devices();
  if (method === 'GET' && parts.length === 2) return readDevice(target, `${namespace}/${name}`, call);
  if (method === 'PUT' && parts.length === 4 && word === 'desired') {
    return target.setDesired(`${namespace}/${name}`, property!, wishIn(await call.body()));
  }
  throw new ApiError('NotFound', 404, `there is no ${method} /devices/${parts.join('/')} here`);
}

async function readDevice(target: AdminTarget, id: string, { query, gone }: DeviceCall): Promise<unknown> {
  const after = numberOf(query, 'after', 0);
  const waitMs = Math.min(numberOf(query, 'wait', WAIT_S), MAX_WAIT_S) * 1000;
  const find = () => {
    const device = target.device(id);
    if (!device) throw new ApiError('NotFound', 404, `there is no device "${id}"`);
    return device;
  };
  const device = find();
  if (!query.has('after') || device.version > after) return device;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const end of subscriptions) end();
      resolve();
    };
    const changed = () => {
      const now = target.device(id);
      if (!now || now.version > after) done();
    };
    const timer = setTimeout(done, waitMs);
    const subscriptions = [target.on('deviceChanged', changed), target.on('deviceDeleted', changed)];
    gone.addEventListener('abort', done, { once: true });
  });
  return find();
}

function numberOf(query: URLSearchParams, key: string, standard: number): number {
  const text = query.get(key);
  if (text === null) return standard;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new ApiError('BadRequest', 400, `${key} must be a number, not "${text}"`);
  }
  return value;
}

function wishIn(body: string): string {
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    throw new ApiError('BadRequest', 400, `the body is not JSON: ${jsonProblem(body)}`);
  }
  const value = isRecord(content) ? content['value'] : undefined;
  if (typeof value !== 'string')
    throw new ApiError('BadRequest', 400, 'the body must be {"value": "<text>"}');
  return value;
}
