import { once } from 'node:events';
import { join } from 'node:path';
import { openStore } from '@edgecore/store';
import { spawnTypeScript, tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';

test('after kill -9 every acknowledged pod has its row, and every kept report is in the outbox', async () => {
  const path = join(await tempDir(), 'edgecore.db');
  for (const [round, lines] of [25, 80].entries()) {
    const child = spawnTypeScript(new URL('node.ts', import.meta.url).href, [path, String(round * 10_000)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.split('\n').length > lines) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const told = printed.split('\n').slice(0, -1);
    const about = (word: string) =>
      told.filter((line) => line.startsWith(word)).map((line) => line.split(' ')[1]!);
    expect(about('acknowledged').length).toBeGreaterThan(5);
    expect(about('kept').length).toBeGreaterThan(5);

    const store = await openStore({ path });
    expect(store.outcome).toBe('intact');
    const rows = await store.all(store.db.selectFrom('meta').select('key'));
    const keys = new Set(rows.map(({ key }) => key));
    expect(about('acknowledged').filter((key) => !keys.has(key))).toEqual([]);
    const kept = await store.outbox.list<{ uid: string }>('metamanager');
    const uids = new Set(kept.map(({ value }) => value.uid));
    expect(about('kept').filter((uid) => !uids.has(uid))).toEqual([]);
    await store.close();
  }
});
