import type { BusOptions } from '@edgecore/beehive';

type TraceEvent = Parameters<NonNullable<BusOptions['trace']>>[0];

/** Tells when the mesh is done with a message that MetaManager handed on. */
export class Handled {
  readonly #waiting = new Map<string, () => void>();

  readonly trace = ({ step, module, message }: TraceEvent) => {
    if (step === 'handled' && module === 'edgemesh') this.#waiting.get(message.id)?.();
  };

  done(id: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }
}
