import { EdgeCoreError, errorText } from '@edgecore/api';

/** A message's content is not a pod: not JSON, or without uid, name, namespace or containers. */
export class InvalidPodError extends EdgeCoreError {
  constructor(reason: string, options?: ErrorOptions) {
    super('ERR_INVALID_POD', `not a pod: ${reason}`, options);
  }
}

/**
 * A container cannot be started now. `reason` becomes the waiting reason of
 * its status (edged.md §6.1, §8): `CreateContainerConfigError`, `ErrImagePull`, ….
 */
export class ContainerHeldError extends EdgeCoreError {
  constructor(
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super('ERR_CONTAINER_HELD', message, options);
  }
}

/** A volume could not be set up; the pod waits in `ContainerCreating` (edged.md §7). */
export class VolumeError extends EdgeCoreError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_VOLUME', message, options);
  }
}

/** A {@link VolumeError} at a step that kubelet's events name; the message is the event's, complete. */
export class VolumeStepError extends VolumeError {
  constructor(
    readonly reason: 'FailedMount' | 'FailedAttachVolume',
    step: 'AttachVolume.Attach' | 'MountVolume.MountDevice' | 'MountVolume.SetUp',
    volume: string,
    cause: unknown,
  ) {
    super(`${step} failed for volume "${volume}" : ${errorText(cause)}`, { cause });
  }
}

/** The node will not run this pod; it becomes `Failed` with this reason (edged.md §6.6). */
export class PodRejectedError extends EdgeCoreError {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super('ERR_POD_REJECTED', message);
  }
}

/** A quantity such as `100m` or `1Gi` that cannot be read. */
export class InvalidQuantityError extends EdgeCoreError {
  constructor(readonly text: string) {
    super(
      'ERR_INVALID_QUANTITY',
      `"${text}" is not a quantity: expected a number with an optional suffix such as m, k, Mi or e3`,
    );
  }
}
