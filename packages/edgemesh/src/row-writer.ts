import { errorText, type Logger } from '@edgecore/api';
import type { Rows } from './inputs/rows.js';
import type { ServiceKey } from './model/names.js';
import type { VipChange } from './vip/vip-book.js';

/**
 * Writes the mesh's rows, the newest state of each; what failed is tried
 * again with {@link retry}. Addresses are used before they are stored: lost with
 * a crash, they are given anew, and clients ask the DNS again within seconds.
 */
export class RowWriter {
  readonly #pending = new Map<string, () => Promise<void>>();
  #running: Promise<void> | undefined;
  #failed = false;

  constructor(
    private readonly rows: Rows,
    private readonly log: Logger,
  ) {}

  vip({ key, address }: VipChange): void {
    this.#put(`listener ${key}`, () =>
      address === undefined ? this.rows.removeListener(key) : this.rows.putListener(key, address),
    );
  }

  remove(namespace: string, type: string, name: string): void {
    const key: ServiceKey = `${namespace}/${name}`;
    this.#put(`${type} ${key}`, () => this.rows.remove(namespace, type, name));
  }

  /** Tries again what could not be written. */
  retry(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when everything is written, or has failed once more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #put(key: string, write: () => Promise<void>): void {
    this.#pending.set(key, write);
    this.retry();
  }

  async #run(): Promise<void> {
    // After the caller: one change often brings several rows.
    await Promise.resolve();
    const failed = new Map<string, () => Promise<void>>();
    while (this.#pending.size > 0) {
      const [key, write] = this.#pending.entries().next().value!;
      this.#pending.delete(key);
      try {
        await write();
        this.#failed = false;
      } catch (error) {
        failed.set(key, write);
        if (!this.#failed)
          this.log.warn({ row: key, error: errorText(error) }, 'row of the mesh not written');
        this.#failed = true;
      }
    }
    for (const [key, write] of failed) if (!this.#pending.has(key)) this.#pending.set(key, write);
  }
}
