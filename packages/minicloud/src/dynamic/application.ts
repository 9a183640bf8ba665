import { errorText, isRecord, type KubeStatus } from '@edgecore/api';
import { ApiError } from '../errors.js';
import { badRequest, errStatus } from '../objects/api-status.js';

/** What a node asks the dynamic controller for, and how it is answered: one object (metamanager.md §9.6). */
export interface Application {
  /** Chosen by the node, equal for equal requests; a watch is known by it. */
  readonly ID: string;
  /** `/<group or core>/<version>/<resource>/<namespace or null>/<name or null>`. */
  readonly Key: string;
  readonly Verb: string;
  readonly Nodename: unknown;
  /** Base64 of the JSON of `ListOptions` and the like. */
  readonly Option: unknown;
  readonly ReqBody: unknown;
  readonly Subresource: unknown;
  /** Base64 of the JSON asked for, or null. */
  readonly RespBody: unknown;
  readonly Status: unknown;
  readonly Reason: unknown;
  readonly Error: unknown;
  readonly Timestamp: unknown;
}

const NO_ERROR = { ErrStatus: { metadata: {} } } as const;
/** As Go has it without a value. */
const EMPTY: Application = {
  ID: '',
  Key: '',
  Verb: '',
  Nodename: '',
  Option: null,
  ReqBody: null,
  Subresource: '',
  RespBody: null,
  Status: '',
  Reason: '',
  Error: NO_ERROR,
  Timestamp: '0001-01-01T00:00:00Z',
};

/** Reads a request; what is not text where it must be counts as empty, other keys as not there. */
export function readApplication(content: unknown): Application {
  const given = isRecord(content) ? content : {};
  const text = (key: string) => (typeof given[key] === 'string' ? given[key] : '');
  const known = Object.entries(EMPTY).map(([key, empty]) => [key, given[key] ?? empty]);
  return {
    ...(Object.fromEntries(known) as Application),
    ID: text('ID'),
    Key: text('Key'),
    Verb: text('Verb'),
  };
}

/** @param body what was asked for; without it the answer has none, as that to a watch. */
export function approved(application: Application, body?: unknown): Application {
  const RespBody = body === undefined ? null : Buffer.from(JSON.stringify(body)).toString('base64');
  return { ...application, RespBody, Status: 'Approved', Reason: '', Error: NO_ERROR };
}

export function rejected(application: Application, error: unknown): Application {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError('InternalError', 500, `Internal error: ${errorText(error)}`);
  const { ErrStatus } = errStatus(known) as { ErrStatus: KubeStatus };
  const status = { kind: 'Status', apiVersion: 'v1', ...ErrStatus };
  return { ...application, RespBody: null, Status: 'Rejected', Reason: '', Error: { ErrStatus: status } };
}

/** The decoded `Option`. @throws {ApiError} BadRequest. */
export function optionOf({ Option }: Application): Record<string, unknown> {
  if (Option === null || Option === '') return {};
  try {
    if (typeof Option !== 'string') throw new Error('it is not text');
    const option: unknown = JSON.parse(Buffer.from(Option, 'base64').toString('utf8'));
    if (isRecord(option)) return option;
    throw new Error('it is not an object');
  } catch (error) {
    throw badRequest(`Option must be the base64 of a JSON object: ${errorText(error)}`);
  }
}
