import { EdgeCoreError } from '@edgecore/api';

/** Options a mapper cannot work with. */
export class MapperOptionsError extends EdgeCoreError {
  constructor(reason: string) {
    super('ERR_MAPPER_OPTIONS', reason);
  }
}

/** A value that does not fit its property: one to report, or one the cloud wants. */
export class MapperValueError extends EdgeCoreError {
  constructor(
    readonly property: string,
    readonly value: unknown,
    reason: string,
  ) {
    super('ERR_MAPPER_VALUE', `${property}: ${reason}`);
  }
}

/**
 * The agent did not take something: 400 (not valid; it is not sent again), 404
 * (the agent does not know the device; tried again) or 500 (not stored; tried again).
 */
export class MapperRefusedError extends EdgeCoreError {
  constructor(
    readonly status: number,
    readonly deviceId: string,
    /** Properties it concerns; empty for a state, or a question. */
    readonly properties: readonly string[],
    reason: string,
  ) {
    super('ERR_MAPPER_REFUSED', `${deviceId}: ${reason} (${status})`);
  }
}

/** `read` or `write` threw; `cause` is what. */
export class MapperCallbackError extends EdgeCoreError {
  constructor(
    readonly callback: 'read' | 'write',
    cause: unknown,
  ) {
    super('ERR_MAPPER_CALLBACK', `${callback} failed`, { cause });
  }
}

/** The broker cannot be reached, or refuses; tried again. */
export class MapperConnectionError extends EdgeCoreError {
  constructor(
    readonly broker: string,
    cause: unknown,
  ) {
    super('ERR_MAPPER_CONNECTION', `the broker ${broker} cannot be reached`, { cause });
  }
}
