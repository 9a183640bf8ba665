import type { Pod, PodStatus } from '../kube-types.js';
import type { StatusSink } from '../ports/status-sink.js';
import { PodReport, type PodReportOptions, type PodReportSession } from './pod-report.js';

/** The {@link StatusSink} of all pods: one {@link PodReport} each, as long as the pod is held. */
export class PodReports implements StatusSink {
  readonly #reports = new Map<string, PodReport>();
  #session: PodReportSession | undefined;

  constructor(private readonly options: PodReportOptions) {}

  podStatus(pod: Pod, status: PodStatus): void {
    this.#of(pod.metadata.uid).status(pod, status);
  }

  podTerminated(pod: Pod, status: PodStatus): void {
    this.#of(pod.metadata.uid).terminated(pod, status);
  }

  podForgotten(uid: string): void {
    const report = this.#reports.get(uid);
    this.#reports.delete(uid);
    // Only ends what is on its way; nothing of it can fail.
    void report?.close();
  }

  /** Sends until the signal aborts; what was handed over before goes up first. */
  async run(session: PodReportSession, signal: AbortSignal): Promise<void> {
    this.#session = session;
    const wake = () => {
      for (const report of this.#reports.values()) report.wake();
    };
    const unsubscribe = this.options.link.onChange(wake);
    wake();
    try {
      if (!signal.aborted) {
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    } finally {
      unsubscribe();
      this.#session = undefined;
      const reports = [...this.#reports.values()];
      this.#reports.clear();
      await Promise.all(reports.map((report) => report.close()));
    }
  }

  #of(uid: string): PodReport {
    let report = this.#reports.get(uid);
    if (!report) {
      report = new PodReport(uid, this.options, () => this.#session);
      this.#reports.set(uid, report);
    }
    return report;
  }
}
