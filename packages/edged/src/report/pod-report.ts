import { type CloudLink, type CloudProfile, errorText, type Logger } from '@edgecore/api';
import type { Pod, PodStatus } from '../kube-types.js';
import { SerialTask } from '../pods/serial-task.js';
import type { Clock } from '../ports/clock.js';
import type { ReportApi } from '../ports/report-api.js';
import type { PodSource } from '../ports/status-sink.js';
import { canonical } from './canonical.js';
import { CONTAINER_LISTS } from './go-status.js';
import { KnownAddresses } from './known-addresses.js';
import { legacyPodStatus } from './legacy-status.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { podPatch } from './pod-patch.js';

export interface PodReportOptions {
  readonly link: CloudLink;
  readonly clock: Clock;
  /** Changes within this time are one message. */
  readonly debounceMs: number;
  /** First wait before something is repeated; doubles up to `retryMaxMs`. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
}

/** What is there only while the module runs. */
export interface PodReportSession {
  readonly log: Logger;
  readonly api: ReportApi;
  readonly pods: Pick<PodSource, 'holds' | 'podGone'>;
}

interface Ending {
  /** Rounds of the handshake done so far, in the form of `profile`. */
  rounds: number;
  profile: CloudProfile | undefined;
  nextAt: number;
  delayMs: number;
}

/**
 * Everything that goes up about one pod: its newest status, at most one
 * message at a time, and in the end the deletion handshake (edged.md §11).
 * MetaManager keeps what it was given while offline; nothing is given twice for that.
 */
export class PodReport {
  readonly #task: SerialTask;
  readonly #end = new AbortController();
  readonly #addresses = new KnownAddresses();
  #latest: { readonly pod: Pod; readonly status: PodStatus } | undefined;
  /** Form and canonical text of what MetaManager has taken. */
  #taken: string | undefined;
  #ending: Ending | undefined;
  /** Version of the object the cloud did not know; `undefined` while it knows the pod. */
  #goneVersion: { readonly version: string | undefined } | undefined;
  #retryMs: number;
  #cancelDebounce: (() => void) | undefined;

  constructor(
    readonly uid: string,
    private readonly options: PodReportOptions,
    private readonly session: () => PodReportSession | undefined,
  ) {
    this.#retryMs = options.retryMs;
    this.#task = new SerialTask(options.clock, () => this.#work());
  }

  status(pod: Pod, status: PodStatus): void {
    // The final status is the last word.
    if (this.#ending) return;
    this.#take(pod, status);
    this.#cancelDebounce ??= this.options.clock.after(this.options.debounceMs, () => {
      this.#cancelDebounce = undefined;
      this.#task.request();
    });
  }

  terminated(pod: Pod, status: PodStatus): void {
    this.#take(pod, status);
    this.#ending ??= { rounds: 0, profile: undefined, nextAt: 0, delayMs: this.options.retryMs };
    this.#task.request();
  }

  /** The link or the profile changed, or the module began to run. */
  wake(): void {
    const ending = this.#ending;
    if (ending && ending.rounds > 0 && this.options.link.connected) {
      // After a connect MetaManager sends what it kept; give the cloud time to answer that.
      ending.nextAt = Math.max(ending.nextAt, this.options.clock.now() + this.options.retryMs);
    }
    this.#task.request();
  }

  /** Nothing is sent any more; an answer that is awaited is given up. */
  close(): Promise<void> {
    this.#cancelDebounce?.();
    this.#end.abort(new Error('the pod was forgotten'));
    return this.#task.close();
  }

  #take(pod: Pod, status: PodStatus): void {
    this.#latest = { pod, status };
    // A newer object has come: the cloud does know this pod.
    if (this.#goneVersion && this.#goneVersion.version !== pod.metadata.resourceVersion) {
      this.#goneVersion = undefined;
    }
  }

  /** @returns after how many milliseconds to work again. */
  async #work(): Promise<number | undefined> {
    const { profile } = this.options.link;
    const session = this.session();
    if (!profile || !session || !this.#latest || this.#goneVersion) return undefined;
    if (!session.pods.holds(this.uid)) return undefined;
    if (this.#ending) return this.#handshake(this.#ending, profile, session);
    if (isFinalTooEarly(this.#latest.pod, this.#latest.status)) return undefined;
    const outcome = await this.#sendStatus(profile, session, false);
    if (outcome !== 'failed') {
      this.#retryMs = this.options.retryMs;
      return undefined;
    }
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(delayMs * 2, this.options.retryMaxMs);
    return delayMs;
  }

  /**
   * One round of the handshake (edged.md §11.2), repeated with back-off until
   * the pod is forgotten. Legacy: the final status makes the cloud delete the pod; a
   * `delete` goes up only where no such status does. Modern: `delete` after the status.
   * Repeats send both.
   */
  async #handshake(ending: Ending, profile: CloudProfile, session: PodReportSession) {
    const { clock, link, retryMs, retryMaxMs } = this.options;
    if (ending.profile !== profile)
      Object.assign(ending, { rounds: 0, nextAt: 0, delayMs: retryMs, profile });
    const repeated = ending.rounds > 0;
    // What was handed over is in the outbox; offline there is nothing to repeat.
    if (repeated && !link.connected) return undefined;
    if (clock.now() < ending.nextAt) return ending.nextAt - clock.now();
    const outcome = await this.#round(profile, session, repeated);
    if (outcome === 'gone' || outcome === 'undecided' || this.#end.signal.aborted) return undefined;
    if (outcome !== 'failed') ending.rounds += 1;
    const delayMs = ending.delayMs;
    ending.nextAt = clock.now() + delayMs;
    ending.delayMs = Math.min(delayMs * 2, retryMaxMs);
    return delayMs;
  }

  async #round(profile: CloudProfile, session: PodReportSession, repeated: boolean): Promise<Outcome> {
    const { status } = this.#latest!;
    let deleteNeeded = true;
    const hadContainers = CONTAINER_LISTS.some((key) => status[key]?.length);
    if (profile.podStatusForm === 'podpatch' || hadContainers) {
      const before = this.#taken;
      const outcome = await this.#sendStatus(profile, session, repeated);
      if (outcome !== 'done' && outcome !== 'kept') return outcome;
      deleteNeeded = profile.podStatusForm === 'podpatch' || repeated || before === this.#taken;
    }
    return deleteNeeded ? this.#try(session, () => this.#delete(session)) : 'done';
  }

  #delete({ api }: PodReportSession): Promise<void> {
    const { namespace, name } = this.#latest!.pod.metadata;
    return api.pods.delete({ namespace, name, uid: this.uid }, this.#end.signal);
  }

  async #sendStatus(profile: CloudProfile, session: PodReportSession, again: boolean): Promise<Outcome> {
    const { pod, status } = this.#latest!;
    const { namespace, name } = pod.metadata;
    const legacy = profile.podStatusForm === 'podstatus' ? legacyPodStatus(pod, status) : undefined;
    const patch = legacy ? undefined : podPatch(pod, status, this.#addresses.next(pod, status));
    const text = `${profile.podStatusForm} ${canonical(legacy ?? patch)}`;
    if (text === this.#taken && !again) return 'done';
    const outcome = await this.#try(session, async () => {
      if (legacy) await session.api.podStatus.update(namespace, legacy, this.#end.signal);
      else await session.api.podStatus.patch(namespace, name, patch!, this.#end.signal);
    });
    if (outcome === 'done' || outcome === 'kept') this.#taken = text;
    return outcome;
  }

  async #try(session: PodReportSession, send: () => Promise<void>): Promise<Outcome> {
    try {
      await send();
      return 'done';
    } catch (error) {
      if (this.#end.signal.aborted) return 'failed';
      const outcome = outcomeOf(error);
      const { namespace, name } = this.#latest!.pod.metadata;
      const fields = { namespace, pod: name, uid: this.uid, error: errorText(error) };
      if (outcome === 'gone') {
        this.#goneVersion = { version: this.#latest!.pod.metadata.resourceVersion };
        session.log.info(fields, 'the cloud does not know this pod any more');
        session.pods.podGone(this.uid);
      } else if (outcome === 'failed') {
        session.log.warn(fields, 'pod report not taken; trying again');
      }
      return outcome;
    }
  }
}

/**
 * A pod being deleted that looks finished while it is still cleaned up: told
 * now, a legacy cloud would remove the object at once (edged.md §11.2).
 */
function isFinalTooEarly(pod: Pod, { phase }: PodStatus): boolean {
  return Boolean(pod.metadata.deletionTimestamp) && (phase === 'Succeeded' || phase === 'Failed');
}
