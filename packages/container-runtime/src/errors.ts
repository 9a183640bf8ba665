import { EdgeCoreError } from '@edgecore/api';

/** The engine does not answer (not installed, stopped, socket missing). Retrying later may help. */
export class RuntimeUnavailableError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_RUNTIME_UNAVAILABLE', message, options);
  }
}

/** The sandbox or container does not exist (any more). */
export class RuntimeNotFoundError extends EdgeCoreError {
  constructor(kind: 'sandbox' | 'container' | 'image', id: string) {
    super('ERR_RUNTIME_NOT_FOUND', `${kind} ${id} not found`);
  }
}

/** The engine refused to create the container: waiting reason `CreateContainerError`. */
export class ContainerCreateError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CONTAINER_CREATE', message, options);
  }
}

/** The engine could not start the container: waiting reason `RunContainerError`. */
export class ContainerStartError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_CONTAINER_START', message, options);
  }
}

/** The sandbox could not be created or started. */
export class SandboxError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SANDBOX', message, options);
  }
}

/** Waiting reason `ErrImagePull` (or `RegistryUnavailable`). */
export class ImagePullError extends EdgeCoreError {
  constructor(
    message: string,
    readonly reason: 'ErrImagePull' | 'RegistryUnavailable' = 'ErrImagePull',
    options?: ErrorOptions,
  ) {
    super('ERR_IMAGE_PULL', message, options);
  }
}

/** The image name cannot be parsed: waiting reason `InvalidImageName`. */
export class InvalidImageNameError extends EdgeCoreError {
  constructor(message: string) {
    super('ERR_INVALID_IMAGE_NAME', message);
  }
}

/** Exec or attach on a container that is not running. */
export class ContainerNotRunningError extends EdgeCoreError {
  constructor(name: string) {
    super('ERR_CONTAINER_NOT_RUNNING', `container not found ("${name}")`);
  }
}

export class ExecTimeoutError extends EdgeCoreError {
  constructor(timeoutMs: number) {
    super('ERR_EXEC_TIMEOUT', `command timed out after ${timeoutMs} ms`);
  }
}

/** The pod asks for something this runtime cannot give; the text names it. */
export class UnsupportedByRuntimeError extends EdgeCoreError {
  constructor(runtime: string, what: string) {
    super('ERR_UNSUPPORTED_BY_RUNTIME', `the ${runtime} runtime cannot provide ${what}`);
  }
}
