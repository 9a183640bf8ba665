import { EdgeCoreError } from '@edgecore/api';

/** An option makes no sense; the text names it and what it must be. */
export class InvalidMeshOptionError extends EdgeCoreError {
  constructor(
    readonly option: string,
    reason: string,
  ) {
    super('ERR_INVALID_OPTION', `${option} ${reason}`);
  }
}

/** A program such as `iptables` failed; the text has what it was called with and what it said. */
export class CommandError extends EdgeCoreError {
  constructor(command: string, args: readonly string[], said: string, options?: ErrorOptions) {
    super(
      'ERR_COMMAND',
      `${[command, ...args].join(' ')}: ${said.trim() || 'failed without a word'}`,
      options,
    );
  }
}

/** The mesh cannot work on this machine; the text says what is missing and what to do. */
export class MeshUnavailableError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MESH_UNAVAILABLE', message, options);
  }
}

/** No endpoint of a service could be reached. */
export class NoBackendError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_NO_BACKEND', message, options);
  }
}
