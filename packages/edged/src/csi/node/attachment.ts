import { errorText, isNotFound } from '@edgecore/api';
import type { VolumeAttachment } from '../../kube-types.js';
import { type Clock, pause } from '../../ports/clock.js';
import type { ObjectSource } from '../../ports/object-source.js';

export interface AttachmentOptions {
  /** Of the VolumeAttachment. */
  readonly name: string;
  /** For the text when it does not come. */
  readonly driver: string;
  readonly handle: string;
  readonly objects: Pick<ObjectSource, 'getVolumeAttachment'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Between questions: the first wait and the longest. */
const POLL_MS = 500;
const POLL_MAX_MS = 10_000;

/**
 * Asks the cloud for the VolumeAttachment until it says attached (edged.md §14).
 *
 * @returns `attachmentMetadata`, the driver's `publish_context`.
 * @throws Error when the cloud could not attach it, or the time is over.
 */
export async function waitForAttachment(options: AttachmentOptions): Promise<ReadonlyMap<string, string>> {
  const { name, driver, handle, objects, clock, timeoutMs, signal } = options;
  const startedAt = clock.now();
  let seen = '';
  for (let waitMs = POLL_MS; ; waitMs = Math.min(2 * waitMs, POLL_MAX_MS)) {
    let attachment: VolumeAttachment | undefined;
    try {
      attachment = await objects.getVolumeAttachment(name, signal);
      seen = 'the cloud has not attached it';
    } catch (error) {
      signal.throwIfAborted();
      seen = isNotFound(error) ? `volumeattachment ${name} not found` : errorText(error);
    }
    const { attached, attachError, attachmentMetadata = {} } = attachment?.status ?? {};
    if (attachError?.message) throw new Error(attachError.message);
    if (attached) return new Map(Object.entries(attachmentMetadata));
    if (clock.now() - startedAt + waitMs > timeoutMs) {
      throw new Error(
        `timed out waiting for external-attacher of ${driver} CSI driver to attach volume ${handle}: ${seen}`,
      );
    }
    await pause(clock, waitMs, signal);
  }
}
