import type { Message } from '@edgecore/beehive';
import type { Clock } from '../clock.js';

/**
 * Requests of modules the hub knows somebody may still wait for. The bus keeps
 * the waiters and their deadlines; this is only for telling them at once when
 * the link is lost, so entries simply expire.
 */
export class PendingRequests {
  /** In the order they came, thus oldest first. */
  readonly #pending = new Map<string, { request: Message; at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly maxAgeMs: number,
  ) {}

  get size(): number {
    this.#expire();
    return this.#pending.size;
  }

  add(request: Message): void {
    this.#expire();
    // Content may be large and is not needed any more.
    this.#pending.set(request.id, { request: { ...request, content: null }, at: this.clock.elapsed() });
  }

  has(id: string): boolean {
    const entry = this.#pending.get(id);
    return entry !== undefined && this.clock.elapsed() - entry.at < this.maxAgeMs;
  }

  delete(id: string): boolean {
    return this.#pending.delete(id);
  }

  /** Takes all of them out. */
  drain(): Message[] {
    this.#expire();
    const requests = [...this.#pending.values()].map(({ request }) => request);
    this.#pending.clear();
    return requests;
  }

  #expire(): void {
    const before = this.clock.elapsed() - this.maxAgeMs;
    for (const [id, { at }] of this.#pending) {
      if (at > before) return;
      this.#pending.delete(id);
    }
  }
}
