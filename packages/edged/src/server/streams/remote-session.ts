import type { Readable, Writable } from 'node:stream';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Which streams a request of exec or attach asks for. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** How a command ended, for the client. */
export type RemoteOutcome =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'failed'; readonly message: string };

/** A client that is joined to a command, whatever protocol it speaks. */
export interface RemoteClient {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;
  /** Called for each new size of its terminal, the one known already included. */
  onResize(listener: (size: TerminalSize) => void): void;
  /** Tells the outcome after all output is out, then closes. Never rejects. */
  finish(outcome: RemoteOutcome): Promise<void>;
}

/** The client half of an upgrade: resolves when all streams are there. @throws when they do not come. */
export type Accept = (wanted: WantedStreams) => Promise<RemoteClient>;
