import { PendingReport } from './pending-report.js';

/** What the cloud still has to hear of one device, and when it may. */
export class DeviceReports {
  readonly twins = new PendingReport();
  readonly state = new PendingReport();
  /** Twins this connection's cloud has confirmed at least once (devicetwin.md §8.4). */
  heard: Set<string> | undefined;
  /** Not before this time, milliseconds since the epoch. */
  notBefore = 0;
  /** Messages in a row that were not confirmed. */
  failures = 0;
  timer: NodeJS.Timeout | undefined;

  get isSent(): boolean {
    return this.twins.isSent || this.state.isSent;
  }

  get isWaiting(): boolean {
    return this.twins.isWaiting || this.state.isWaiting;
  }

  get isKept(): boolean {
    return this.twins.isKept || this.state.isKept;
  }
}
