import type { Logger } from '@edgecore/api';
import type { Store } from '@edgecore/store';

/**
 * Tells the operator what a lost database means: a cloud does not send again
 * what it believes delivered (wire.md §5.6). Said once.
 */
export class LossHint {
  #said = false;

  constructor(
    private readonly store: Store,
    private readonly nodeName: string,
    private readonly log: Logger,
  ) {}

  atStart(): void {
    if (this.store.outcome === 'recreated') this.#say('the database was damaged and begun anew');
  }

  /** The cloud knows this node already. */
  nodeExists(): void {
    if (this.store.outcome === 'created')
      this.#say('the database is new although the node exists in the cloud');
  }

  #say(what: string): void {
    if (this.#said) return;
    this.#said = true;
    this.log.error(
      { database: this.store.path, movedTo: this.store.movedTo },
      `${what}: the cloud sends its objects only when they change; to get all of them again delete the node ` +
        `(kubectl delete node ${this.nodeName}), this agent registers it anew`,
    );
  }
}
