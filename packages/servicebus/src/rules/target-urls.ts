import { setTimeout as pause } from 'node:timers/promises';
import { errorText, hasCode, type Logger } from '@edgecore/api';
import type { Store, StoreWriteError } from '@edgecore/store';

type Statement = Parameters<Store['write']>[number];

/** A full disk or a foreign lock may be gone in a moment. */
const WRITE_RETRIES_MS = [200, 800, 2000];
const MAX_URLS = 1000;
const MAX_URL_LENGTH = 2048;

/**
 * The URLs rules of the cloud allow applications to call: rows of
 * `target_urls`, all in memory too. What cannot be written changes nothing
 * (servicebus.md §3).
 */
export class TargetUrls {
  private constructor(
    private readonly store: Store,
    private readonly log: Logger,
    private readonly urls: Set<string>,
  ) {}

  /** @throws {StoreReadError} */
  static async load(store: Store, log: Logger): Promise<TargetUrls> {
    const rows = await store.all(store.db.selectFrom('target_urls').select('url'));
    return new TargetUrls(store, log, new Set(rows.map(({ url }) => url)));
  }

  get size(): number {
    return this.urls.size;
  }

  /** Exactly this URL. */
  has(url: string): boolean {
    return this.urls.has(url);
  }

  async allow(url: string): Promise<void> {
    if (url === '' || url.length > MAX_URL_LENGTH || /[\0-\x20\x7f]/.test(url)) {
      this.log.warn({ url: url.slice(0, 200) }, 'a rule names something that is no URL; it is ignored');
    } else if (!this.urls.has(url) && this.urls.size >= MAX_URLS) {
      this.log.warn({ url }, `${MAX_URLS} URLs are allowed already; delete rules in the cloud`);
    } else if (await this.#write(this.store.db.replaceInto('target_urls').values({ url }), url)) {
      this.urls.add(url);
      this.log.info({ url }, 'applications of this node may call a URL of the cloud');
    }
  }

  /** CloudCore's `stop` has lost slashes (`http:/host`): both sides are compared without repeated ones. */
  async forbid(url: string): Promise<void> {
    const meant = [...this.urls].filter(
      (known) => withoutRepeatedSlashes(known) === withoutRepeatedSlashes(url),
    );
    if (meant.length === 0) return;
    if (!(await this.#write(this.store.db.deleteFrom('target_urls').where('url', 'in', meant), url))) return;
    for (const known of meant) this.urls.delete(known);
    this.log.info({ urls: meant }, 'applications of this node may no longer call a URL of the cloud');
  }

  async #write(statement: Statement, url: string): Promise<boolean> {
    for (let n = 0; ; n += 1) {
      try {
        await this.store.write(statement);
        return true;
      } catch (error) {
        const delay = WRITE_RETRIES_MS[n];
        if (
          !hasCode(error, 'ERR_STORE_WRITE') ||
          !(error as StoreWriteError).retryable ||
          delay === undefined
        ) {
          this.log.error({ url, error: errorText(error) }, 'a rule could not be stored and has no effect');
          return false;
        }
        await pause(delay);
      }
    }
  }
}

function withoutRepeatedSlashes(url: string): string {
  return url.replace(/\/{2,}/g, '/');
}
