import { EdgeCoreError } from '@edgecore/api';

/** Values of one property a device reports; a side that is absent stays as it is. */
export interface ReportedTwin {
  /** The wanted value as the device understood it. */
  readonly expected?: string;
  readonly actual?: string;
}

/** Why a report was not taken: 400 bad request, 404 unknown device, 500 not stored (devicetwin.md §5). */
export class ReportRefusedError extends EdgeCoreError {
  constructor(
    readonly status: 400 | 404 | 500,
    reason: string,
  ) {
    super('ERR_REPORT_REFUSED', reason);
  }
}

/** How reports that do not come over MQTT enter the same twins (devicetwin.md §10.4). */
export interface DeviceReporter {
  /**
   * One local update of all twins given; resolves once it is on disk.
   * @throws {ReportRefusedError} when nothing of it was taken.
   */
  reportTwins(deviceId: string, twins: Readonly<Record<string, ReportedTwin>>): Promise<void>;
  /** @throws {ReportRefusedError} for an unknown device or state. */
  reportState(deviceId: string, state: string): Promise<void>;
}
