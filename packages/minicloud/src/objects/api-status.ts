import type { ErrStatusContent } from '@edgecore/api';
import { errorText } from '@edgecore/api';
import { ApiError } from '../errors.js';
import type { Kind } from './kinds.js';

function groupOf(kind: Kind): string {
  return kind.apiVersion.includes('/') ? kind.apiVersion.split('/')[0]! : '';
}

function details(kind: Kind, name: string, word: string): Record<string, string> {
  const group = groupOf(kind);
  return group === '' ? { name, kind: word } : { name, group, kind: word };
}

function qualified(kind: Kind, word: string): string {
  const group = groupOf(kind);
  return group === '' ? word : `${word}.${group}`;
}

/** `word` is what the answering component calls the kind; default the plural (wire.md §6.2). */
export function notFound(kind: Kind, name: string, word: string = kind.plural): ApiError {
  // A cached lister puts the group after the kind, the API server after the plural.
  const message =
    word === 'lease'
      ? `lease.${groupOf(kind)} "${name}" not found`
      : `${qualified(kind, word)} "${name}" not found`;
  return new ApiError('NotFound', 404, message, details(kind, name, word));
}

export function alreadyExists(kind: Kind, name: string): ApiError {
  const message = `${qualified(kind, kind.plural)} "${name}" already exists`;
  return new ApiError('AlreadyExists', 409, message, details(kind, name, kind.plural));
}

export function uidConflict(kind: Kind, name: string, wanted: string, found: string): ApiError {
  const message = `Operation cannot be fulfilled on ${kind.plural} "${name}": the UID in the precondition (${wanted}) does not match the UID in record (${found}). The object might have been deleted and then recreated`;
  return new ApiError('Conflict', 409, message, details(kind, name, kind.plural));
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', 400, message);
}

/** How a cloud writes an API error (wire.md §1.4); anything else becomes `{}` as a plain Go error does. */
export function errStatus(error: unknown): ErrStatusContent | Record<string, never> {
  if (!(error instanceof ApiError)) return {};
  return {
    ErrStatus: {
      metadata: {},
      status: 'Failure',
      message: errorText(error),
      reason: error.reason,
      ...(error.details ? { details: error.details } : {}),
      code: error.status,
    },
  };
}
