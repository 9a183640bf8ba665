import { errorText, type Logger } from '@edgecore/api';
import type { Store } from '@edgecore/store';

const RETRY_MS = 5000;

/** The filters the cloud's rules asked for: upstream's table `sub_topics` (eventbus.md §7). */
export class CloudTopics {
  constructor(
    private readonly store: Store,
    private readonly log: Logger,
  ) {}

  /** Reads them, again and again where the database cannot be read; `[]` when the signal aborts first. */
  async load(signal: AbortSignal): Promise<string[]> {
    for (let told = false; !signal.aborted; told = true) {
      try {
        const rows = await this.store.all(this.store.db.selectFrom('sub_topics').select('topic'));
        return rows.map(({ topic }) => topic);
      } catch (error) {
        if (!told)
          this.log.warn({ error: errorText(error) }, 'topics of cloud rules cannot be read, trying again');
        await pause(RETRY_MS, signal);
      }
    }
    return [];
  }

  async add(filter: string): Promise<void> {
    await this.store.write(this.store.db.replaceInto('sub_topics').values({ topic: filter }));
  }

  async remove(filter: string): Promise<void> {
    await this.store.write(this.store.db.deleteFrom('sub_topics').where('topic', '=', filter));
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}
