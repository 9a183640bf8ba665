import { setTimeout as sleep } from 'node:timers/promises';
import { type CloudLink, errorText, type Logger } from '@edgecore/api';
import { Dmi, type DmiOptions } from './dmi/index.js';

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 60_000;

export interface DmiServiceOptions extends DmiOptions {
  readonly link: CloudLink;
  readonly log: Logger;
}

/**
 * Keeps DMI open for a cloud that has it; one of 2020 knows no device objects,
 * so that mappers would have nothing to serve (devicetwin.md §10).
 */
export class DmiService {
  readonly #options: DmiServiceOptions;
  readonly #dmi: Dmi;
  readonly #end = new AbortController();
  readonly #running: Promise<void>;
  #problem: string | undefined;

  constructor(options: DmiServiceOptions) {
    this.#options = options;
    this.#dmi = new Dmi(options);
    this.#running = this.#run();
  }

  /** Why mappers cannot call, when they should be able to. */
  get problem(): string | undefined {
    return this.#problem;
  }

  readonly apply = (change: Parameters<Dmi['apply']>[0]): void => this.#dmi.apply(change);

  async close(): Promise<void> {
    this.#end.abort();
    await this.#running;
    await this.#dmi.close();
  }

  async #run(): Promise<void> {
    const { link, log } = this.#options;
    const { signal } = this.#end;
    const profile = await link.whenProfile(signal).catch(() => undefined);
    if (!profile?.hasModernResources) return;
    for (let pause = RETRY_FIRST_MS; !signal.aborted; pause = Math.min(pause * 2, RETRY_MAX_MS)) {
      try {
        await this.#dmi.start();
        this.#problem = undefined;
        return;
      } catch (error) {
        if (this.#problem === undefined) log.warn({ error: errorText(error) }, 'device mappers cannot call');
        this.#problem = `device mappers cannot call: ${errorText(error)}`;
        await sleep(pause, undefined, { signal }).catch(() => {});
      }
    }
  }
}
