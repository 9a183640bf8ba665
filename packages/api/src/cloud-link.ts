import type { CloudProfile } from './profile.js';

/**
 * What EdgeHub tells the other modules about the link to the cloud
 * (edgehub.md §5.3, compat.md §1). EdgeHub owns it; the assembler hands it to
 * modules; nobody else probes the cloud.
 */
export interface CloudLink {
  /** True from just before the connected event until just before the disconnected one. */
  readonly connected: boolean;
  /** The profile in force; `undefined` only before the very first decision. */
  readonly profile: CloudProfile | undefined;
  /**
   * Calls back after every change of `connected` or `profile`.
   * @returns a function that ends the subscription.
   */
  onChange(listener: (link: CloudLink) => void): () => void;
  /** Resolves with the profile once decided; rejects when the signal aborts. */
  whenProfile(signal?: AbortSignal): Promise<CloudProfile>;
}

/** A {@link CloudLink} set by hand: EdgeHub's own, and the one tests and embedders use. */
export class MutableCloudLink implements CloudLink {
  #connected: boolean;
  #profile: CloudProfile | undefined;
  readonly #listeners = new Set<(link: CloudLink) => void>();

  constructor(initial: { connected?: boolean; profile?: CloudProfile } = {}) {
    this.#connected = initial.connected ?? false;
    this.#profile = initial.profile;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get profile(): CloudProfile | undefined {
    return this.#profile;
  }

  set(change: { connected?: boolean; profile?: CloudProfile }): void {
    const connected = change.connected ?? this.#connected;
    const profile = change.profile ?? this.#profile;
    if (connected === this.#connected && profile === this.#profile) return;
    this.#connected = connected;
    this.#profile = profile;
    for (const listener of [...this.#listeners]) listener(this);
  }

  onChange(listener: (link: CloudLink) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  whenProfile(signal?: AbortSignal): Promise<CloudProfile> {
    if (this.#profile) return Promise.resolve(this.#profile);
    return new Promise((resolve, reject) => {
      const end = () => {
        unsubscribe();
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        end();
        reject(signal!.reason);
      };
      const unsubscribe = this.onChange((link) => {
        if (!link.profile) return;
        end();
        resolve(link.profile);
      });
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }
}
