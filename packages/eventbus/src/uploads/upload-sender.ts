import { setMaxListeners } from 'node:events';
import { type CloudLink, errorText, Group, hasCode, ModuleName, Operation, TroubleLog } from '@edgecore/api';
import { createMessage, type ModuleContext } from '@edgecore/beehive';
import { BUS_SOURCE } from '../intake/intake.js';
import type { Upload, UploadRow } from './upload-rows.js';
import type { Uploads } from './uploads.js';

/** Sent before the first of them is known to be written. */
const BATCH = 256;
const BATCH_BYTES = 1024 * 1024;
const RETRY_MS = 1000;
/** Refusals of one message, with the link up, before it counts as one that can never be sent. */
const MAX_REFUSALS = 60;

/**
 * Sends stored messages to the cloud while it is there, oldest first. No cloud
 * answers them: one leaves the outbox when EdgeHub has written it to the socket.
 */
export class UploadSender {
  readonly #trouble: TroubleLog;
  /** Aborts with the module; one of its own, since a whole batch listens to it. */
  readonly #end = new AbortController();
  #wake: (() => void) | undefined;
  #woken = false;
  #refusals = 0;

  constructor(
    private readonly ctx: ModuleContext,
    private readonly link: CloudLink,
    private readonly uploads: Uploads,
  ) {
    this.#trouble = new TroubleLog(ctx.log);
    setMaxListeners(0, this.#end.signal);
  }

  /** Ends with the module; never throws. */
  async run(): Promise<void> {
    const { signal } = this.ctx;
    const wake = () => {
      this.#woken = true;
      if (signal.aborted) this.#end.abort(signal.reason);
      this.#wake?.();
    };
    const unsubscribe = this.link.onChange(wake);
    this.uploads.onWaiting = wake;
    signal.addEventListener('abort', wake, { once: true });
    try {
      while (!signal.aborted) {
        this.#woken = false;
        if (!this.link.connected || this.uploads.waiting === 0) await this.#sleep();
        else if (!(await this.#sendSome())) await this.#sleep(RETRY_MS);
      }
    } finally {
      unsubscribe();
      this.uploads.onWaiting = () => {};
      signal.removeEventListener('abort', wake);
    }
  }

  /** False when it is no use to go on at once. */
  async #sendSome(): Promise<boolean> {
    try {
      // After a refusal one at a time, to find out which one it is.
      const rows = await this.uploads.oldest(this.#refusals > 0 ? 1 : BATCH, BATCH_BYTES);
      const outcomes = await Promise.allSettled(rows.map((row) => this.#send(row.upload!)));
      const sent = rows.filter((_, index) => outcomes[index]!.status === 'fulfilled');
      await Promise.all(sent.map(({ rowId }) => this.uploads.remove(rowId)));
      const failure = outcomes.find((outcome) => outcome.status === 'rejected');
      if (!failure) {
        this.#refusals = 0;
        this.#trouble.over();
        return true;
      }
      await this.#failed(rows[0]!, failure.reason);
    } catch (error) {
      this.#trouble.warn({ error: errorText(error) }, 'stored messages for the cloud cannot be read');
    }
    return false;
  }

  #send({ id, timestamp, topic, content }: Upload): Promise<unknown> {
    const message = createMessage({
      id,
      timestamp,
      source: BUS_SOURCE,
      group: Group.user,
      operation: Operation.upload,
      resource: topic,
      content,
    });
    return this.ctx.request(ModuleName.edgehub, message, { signal: this.#end.signal });
  }

  async #failed(first: UploadRow, error: unknown): Promise<void> {
    if (this.ctx.signal.aborted || !this.link.connected) return;
    this.#trouble.warn({ error: errorText(error) }, 'a message was not sent to the cloud, it is tried again');
    if (!hasCode(error, 'ERR_ERROR_RESPONSE')) return;
    this.#refusals += 1;
    if (this.#refusals <= MAX_REFUSALS) return;
    this.ctx.metrics.count('edgecore_eventbus_uploads_dropped_total');
    this.ctx.log.error(
      { topic: first.upload!.topic, error: errorText(error) },
      'a message can never be sent to the cloud, it was dropped',
    );
    await this.uploads.remove(first.rowId);
    this.#refusals = 0;
  }

  #sleep(ms?: number): Promise<void> {
    if (this.#woken && ms === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(end, ms);
      const stop = () => this.ctx.signal.aborted || ms === undefined;
      function end() {
        clearTimeout(timer);
        resolve();
      }
      // While it waits for its next try, only the end of the module wakes it.
      this.#wake = () => {
        if (stop()) end();
      };
      if (this.ctx.signal.aborted) end();
    });
  }
}
