import { once } from 'node:events';
import { spawnTypeScript } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { databasePath, keys, testStore } from '../support.js';

test('after kill -9 in the middle of writing, everything reported durable is there, and no half unit', async () => {
  const path = await databasePath();
  let next = 0;
  for (const afterLines of [1, 40, 137]) {
    const child = spawnTypeScript(new URL('writer.ts', import.meta.url).href, [path, String(next)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.split('\n').length > afterLines) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const reported = printed.split('\n').slice(0, -1).map(Number);
    expect(reported.length).toBeGreaterThanOrEqual(afterLines);

    const store = await testStore({ path });
    expect(store.outcome).toBe('intact');
    const found = new Set(await keys(store));
    const last = reported.at(-1)!;
    for (let n = 0; n <= last; n += 1) {
      expect(found.has(`row/${n}`) && found.has(`twin/${n}`)).toBe(true);
    }
    // The unit in flight may be there, but only whole.
    expect(found.has(`row/${last + 1}`)).toBe(found.has(`twin/${last + 1}`));
    expect(found.size % 2).toBe(0);
    await store.close();
    next = last + 1;
  }
});
