import type { Message, ModuleContext } from '@edgecore/beehive';
import type { Pod, PodSource, PodStatus, Reporter } from '@edgecore/edged';

/** Keeps everything edged says about pods. */
export class RecordingReporter implements Reporter {
  /** Statuses by uid, consecutive equal ones once. */
  readonly statuses = new Map<string, PodStatus[]>();
  readonly terminated = new Map<string, PodStatus[]>();
  readonly forgotten: string[] = [];
  /** Statuses that came after their uid was forgotten: must stay empty. */
  readonly late: string[] = [];
  readonly messages: Message[] = [];
  /** What edged offers its reporter. */
  source: PodSource | undefined;

  podStatus(pod: Pod, status: PodStatus): void {
    this.#check(pod);
    push(this.statuses, pod.metadata.uid, status);
  }

  podTerminated(pod: Pod, status: PodStatus): void {
    this.#check(pod);
    push(this.terminated, pod.metadata.uid, status);
  }

  podForgotten(uid: string): void {
    this.forgotten.push(uid);
  }

  async run(ctx: ModuleContext, source: PodSource): Promise<void> {
    this.source = source;
    await new Promise<void>((resolve) => {
      if (ctx.signal.aborted) resolve();
      else ctx.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  handle(message: Message): boolean {
    this.messages.push(message);
    // Like the real one it takes late answers; calls are not for it.
    return message.operation === 'response' || message.operation === 'error';
  }

  last(uid: string): PodStatus | undefined {
    return this.statuses.get(uid)?.at(-1);
  }

  #check({ metadata }: Pod): void {
    if (this.forgotten.includes(metadata.uid)) this.late.push(metadata.uid);
  }
}

function push(map: Map<string, PodStatus[]>, uid: string, status: PodStatus): void {
  const list = map.get(uid) ?? [];
  map.set(uid, list);
  if (JSON.stringify(list.at(-1)) !== JSON.stringify(status)) list.push(status);
}
