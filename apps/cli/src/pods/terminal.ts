import type { Readable } from 'node:stream';
import type { TextSink } from '../io.js';

/** Columns and rows. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

interface TerminalInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

interface TerminalOutput extends TextSink {
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** A person's terminal, for the time of a session. */
export class Terminal {
  readonly #input: Readable & TerminalInput;
  readonly #output: TerminalOutput;
  #listener: (() => void) | undefined;

  private constructor(input: Readable & TerminalInput, output: TerminalOutput) {
    this.#input = input;
    this.#output = output;
  }

  /** `undefined` when the input is no terminal. */
  static of(input: Readable & TerminalInput, output: TextSink): Terminal | undefined {
    return input.isTTY && input.setRawMode ? new Terminal(input, output) : undefined;
  }

  /** Every key goes to the other side, Ctrl-C too; sizes are told now and whenever they change. */
  enter(onSize: (size: TerminalSize) => void): void {
    this.#input.setRawMode!(true);
    const tell = () => {
      const { columns, rows } = this.#output;
      if (columns && rows) onSize({ columns, rows });
    };
    this.#listener = tell;
    this.#output.on?.('resize', tell);
    tell();
  }

  /** As it was before; may be called again. */
  restore(): void {
    if (!this.#listener) return;
    this.#output.off?.('resize', this.#listener);
    this.#listener = undefined;
    this.#input.setRawMode!(false);
  }
}
