import type { EdgeCoreError } from '@edgecore/api';
import { MapperCallbackError } from './errors.js';
import type { Properties } from './types.js';
import { parseValue } from './values.js';

export interface WriteLoopOptions {
  readonly properties: Properties;
  readonly write: ((changes: Record<string, string | number | boolean>) => unknown) | undefined;
  readonly onError: (error: EdgeCoreError) => void;
  /** Something was written that had not been before. */
  readonly written: () => void;
}

/** Hands wanted values to the device, one call at a time; of values that come meanwhile the last of each property. */
export class WriteLoop {
  readonly #options: WriteLoopOptions;
  readonly #wanted = new Map<string, string>();
  /** As text, by property. */
  readonly #written = new Map<string, string>();
  #running = false;

  constructor(options: WriteLoopOptions) {
    this.#options = options;
  }

  /** Properties the mapper does not have are left alone. */
  want(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (Object.hasOwn(this.#options.properties, name)) this.#wanted.set(name, value);
    }
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted.size > 0) {
      const wanted = [...this.#wanted];
      this.#wanted.clear();
      await this.#write(wanted);
    }
    this.#running = false;
  }

  async #write(wanted: [string, string][]): Promise<void> {
    const { write, onError } = this.#options;
    const changes = this.#parse(wanted);
    if (!write || Object.keys(changes).length === 0) return;
    try {
      await write(changes);
    } catch (error) {
      onError(new MapperCallbackError('write', error));
      return;
    }
    // A device that does not follow gets its value again with every report:
    // only a new value is worth a reading at once, or the two would chase each other.
    const fresh = wanted.filter(([name, value]) => name in changes && this.#written.get(name) !== value);
    for (const [name, value] of fresh) this.#written.set(name, value);
    if (fresh.length > 0) this.#options.written();
  }

  #parse(wanted: [string, string][]): Record<string, string | number | boolean> {
    const changes: Record<string, string | number | boolean> = {};
    for (const [name, text] of wanted) {
      try {
        changes[name] = parseValue(name, this.#options.properties[name]!.type, text);
      } catch (error) {
        this.#options.onError(error as EdgeCoreError);
      }
    }
    return changes;
  }
}
