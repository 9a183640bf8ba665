/** Where the hub stands (edgehub.md §2). */
export type HubState = 'init' | 'certificate' | 'connecting' | 'connected' | 'backoff' | 'stopping';

/** What the hub remembers for health and `edgecore status`. */
export class HubStatus {
  state: HubState = 'init';
  /** Milliseconds since the epoch; while connected. */
  connectedSince: number | undefined;
  /** Dials since the last connection was made. */
  attempts = 0;
  /** Why there is no connection, or why the last one ended. */
  lastError: string | undefined;
  /** Milliseconds since the epoch. */
  certificateNotAfter: number | undefined;

  waitingForCertificate(reason?: string): void {
    this.state = 'certificate';
    if (reason !== undefined) this.lastError = reason;
  }

  connecting(): void {
    this.state = 'connecting';
    this.attempts += 1;
  }

  connected(now: number): void {
    this.state = 'connected';
    this.connectedSince = now;
    this.attempts = 0;
  }

  disconnected(problem: string | undefined): void {
    this.state = 'backoff';
    this.connectedSince = undefined;
    if (problem !== undefined) this.lastError = problem;
  }

  stopping(): void {
    this.state = 'stopping';
    this.connectedSince = undefined;
  }
}
