import { type CloudLink, errorText, type Logger, type Metrics } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import type { Store } from '@edgecore/store';
import type { Draft } from '../lanes/draft.js';
import type { Device } from '../model/device.js';
import { isLive } from '../model/twin.js';
import type { Statement } from '../rows/statements.js';
import { DeviceReports } from './device-reports.js';
import { ACTUAL, eitherWay, kept, passing } from './marks.js';
import { stateMessage, twinReport } from './report-message.js';
import { type ReportKind, ReportRows } from './report-rows.js';

export interface ReporterOptions {
  readonly store: Store;
  readonly link: CloudLink;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly minIntervalMs: number;
  readonly timeoutMs: number;
  readonly maxTimeoutMs: number;
  readonly maxInFlight: number;
  device(id: string): Device | undefined;
  devices(): Iterable<Device>;
  /** Resolves when the cloud confirmed, or the socket took it where the cloud never does. */
  request(message: Message, timeoutMs: number): Promise<unknown>;
  now(): number;
}

const STATE_MARK: ReadonlyMap<string, number> = new Map([['', kept({ expected: false, actual: true })]]);
const RETRY_MS = 1000;

/**
 * Carries twins and states to the cloud: what changed is marked in the unit
 * that stores it, its value is read when it is sent, and the mark goes when the
 * cloud confirmed. One message of a device is on its way at a time; each
 * connection begins with everything there is (devicetwin.md §8.5).
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #rows: ReportRows;
  readonly #devices = new Map<string, DeviceReports>();
  /** Devices that may send now. */
  readonly #ready = new Set<string>();
  #inFlight = 0;
  #open = false;
  #ended = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#rows = new ReportRows(options.store);
  }

  /** Something of the device is on disk that the cloud has not confirmed. */
  isPending(id: string): boolean {
    return this.#devices.get(id)?.isKept ?? false;
  }

  /** How many devices have something like that. */
  get pending(): number {
    let count = 0;
    for (const reports of this.#devices.values()) if (reports.isKept) count += 1;
    return count;
  }

  /** Takes up what an earlier run had left; entries of devices that are gone go too. */
  async load(): Promise<void> {
    for (const { kind, id, marks } of await this.#rows.load()) {
      if (this.#options.device(id)) this.#of(id)[kind].restore(marks);
      else await this.#options.store.write(...this.#rows.remove(id));
    }
  }

  /** The rest of a batch's unit: what of it the cloud has to hear. */
  statements({ id, marks, device }: Draft): Statement[] {
    if (!device) return this.#devices.has(id) ? this.#rows.remove(id) : [];
    const statements: Statement[] = [];
    if (marks.twins.size > 0) {
      const { twins } = this.#of(id);
      const bits = new Map([...marks.twins].map(([key, sides]) => [key, kept(sides)]));
      statements.push(...this.#rows.change('twins', id, twins, twins.announce(bits)));
    }
    if (marks.state) {
      const { state } = this.#of(id);
      statements.push(...this.#rows.change('state', id, state, state.announce(STATE_MARK)));
    }
    return statements;
  }

  committed(draft: Draft): void {
    const { id, marks, device } = draft;
    if (!device) this.#forget(id);
    else if (marks.twins.size > 0 || marks.state) {
      const reports = this.#of(id);
      reports.twins.committed();
      reports.state.committed();
      this.#schedule(id, reports);
    }
  }

  failed({ id }: Draft): void {
    const reports = this.#devices.get(id);
    reports?.twins.failed();
    reports?.state.failed();
  }

  /** The link is up and its cloud known: everything is said once more. Both clouds take it as it was meant. */
  connected(): void {
    this.#open = true;
    for (const device of this.#options.devices()) {
      const reports = this.#of(device.id);
      reports.heard = undefined;
      reports.failures = 0;
      reports.notBefore = 0;
      for (const [key, twin] of device.twins) {
        if (isLive(twin) && twin.actual) reports.twins.mark(key, passing(ACTUAL));
      }
      if (device.state !== '') reports.state.mark('', passing(ACTUAL));
      this.#schedule(device.id, reports);
    }
  }

  disconnected(): void {
    this.#open = false;
  }

  end(): void {
    this.#ended = true;
    for (const { timer } of this.#devices.values()) clearTimeout(timer);
  }

  #of(id: string): DeviceReports {
    let reports = this.#devices.get(id);
    if (!reports) {
      reports = new DeviceReports();
      this.#devices.set(id, reports);
    }
    return reports;
  }

  #forget(id: string): void {
    clearTimeout(this.#devices.get(id)?.timer);
    this.#devices.delete(id);
    this.#ready.delete(id);
  }

  #schedule(id: string, reports: DeviceReports): void {
    if (!this.#open || this.#ended || reports.isSent || !reports.isWaiting || reports.timer) return;
    const wait = reports.notBefore - this.#options.now();
    if (wait <= 0) {
      this.#ready.add(id);
      this.#pump();
      return;
    }
    reports.timer = setTimeout(() => {
      reports.timer = undefined;
      this.#schedule(id, reports);
    }, wait);
  }

  #pump(): void {
    while (this.#open && this.#inFlight < this.#options.maxInFlight) {
      const next = this.#ready.values().next();
      if (next.done) return;
      this.#ready.delete(next.value);
      const reports = this.#devices.get(next.value);
      const device = this.#options.device(next.value);
      if (reports && device && !reports.isSent) void this.#send(device, reports);
    }
  }

  async #send(device: Device, reports: DeviceReports): Promise<void> {
    const { link, timeoutMs, maxTimeoutMs, now } = this.#options;
    // States are few: twins that change all the time must not keep them back.
    const kind: ReportKind = reports.state.isWaiting ? 'state' : 'twins';
    const report = reports[kind];
    const marks = report.send();
    const message =
      kind === 'twins' ? twinReport(device, marks, now()) : stateMessage(device, link.profile!, now());
    this.#inFlight += 1;
    try {
      if (message) {
        await this.#options.request(message, Math.min(timeoutMs * 2 ** reports.failures, maxTimeoutMs));
      }
      reports.failures = 0;
      reports.notBefore = now() + this.#options.minIntervalMs;
      await this.#confirmed(device.id, kind, reports, marks);
    } catch (error) {
      this.#notConfirmed(device.id, reports, error);
      report.unsent();
    } finally {
      this.#inFlight -= 1;
    }
    if (this.#devices.get(device.id) === reports) this.#schedule(device.id, reports);
    this.#pump();
  }

  async #confirmed(
    id: string,
    kind: ReportKind,
    reports: DeviceReports,
    marks: ReadonlyMap<string, number>,
  ): Promise<void> {
    this.#options.metrics.count('edgecore_device_reports_total', { kind, result: 'confirmed' });
    const report = reports[kind];
    const change = report.confirmed();
    if (kind === 'twins') this.#sayAgain(reports, marks);
    if (change === 'none' || this.#devices.get(id) !== reports) return;
    try {
      await this.#options.store.write(...this.#rows.change(kind, id, report, change));
    } catch (error) {
      // The cloud hears it once more after the next start: no harm.
      report.failed();
      this.#options.log.warn(
        { device: id, error: errorText(error) },
        'a confirmed report is still marked as not',
      );
    }
  }

  /** Today's cloud makes the entry of a property with its first report, and forgets the value (§8.4). */
  #sayAgain(reports: DeviceReports, marks: ReadonlyMap<string, number>): void {
    if (!this.#options.link.profile?.losesFirstReport) return;
    reports.heard ??= new Set();
    for (const [key, bits] of marks) {
      if (reports.heard.has(key)) continue;
      reports.heard.add(key);
      reports.twins.mark(key, passing(eitherWay(bits)));
    }
  }

  #notConfirmed(id: string, reports: DeviceReports, error: unknown): void {
    const { log, metrics, now, maxTimeoutMs } = this.#options;
    metrics.count('edgecore_device_reports_total', { kind: 'any', result: 'unconfirmed' });
    // A lost link says so everywhere, and the next connection begins anew.
    if (!this.#open) return;
    reports.notBefore = now() + Math.min(RETRY_MS * 2 ** reports.failures, maxTimeoutMs);
    reports.failures += 1;
    log.debug(
      { device: id, error: errorText(error) },
      'the cloud did not confirm a report, it is sent again',
    );
  }
}
