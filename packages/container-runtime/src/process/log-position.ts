import { type FileHandle, open } from 'node:fs/promises';

/** How far the raw output is converted, and where in the converted log that ends. */
export interface LogPosition {
  stdout: number;
  stderr: number;
  size: number;
  generation: number;
}

const WIDTH = 128;

/**
 * Keeps the position in one fixed-width line, overwritten in place: a process
 * killed at any moment leaves the old or the new one.
 */
export class LogPositionFile {
  readonly #path: string;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Zeros when there is none yet or it is unreadable. */
  async read(): Promise<LogPosition> {
    this.#file ??= await open(this.#path, 'r+', 0o600).catch(() => open(this.#path, 'w+', 0o600));
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(WIDTH), 0, WIDTH, 0);
    const numbers = buffer.toString('latin1', 0, bytesRead).trim().split(' ').map(Number);
    const valid = numbers.length === 4 && numbers.every((value) => Number.isSafeInteger(value) && value >= 0);
    const [stdout, stderr, size, generation] = valid ? numbers : [0, 0, 0, 0];
    return { stdout: stdout!, stderr: stderr!, size: size!, generation: generation! };
  }

  async write({ stdout, stderr, size, generation }: LogPosition): Promise<void> {
    const text = `${stdout} ${stderr} ${size} ${generation}`.padEnd(WIDTH - 1);
    await this.#file?.write(`${text}\n`, 0);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}
