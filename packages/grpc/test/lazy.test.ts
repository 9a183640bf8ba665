import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { spawnTypeScript } from '@edgecore/testing';
import { expect, test } from '@jest/globals';

test('HTTP/2 is loaded with the first connection, not with the package or a server that listens', async () => {
  const child = spawnTypeScript(new URL('./lazy.ts', import.meta.url).href, [], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
  expect(JSON.parse(printed)).toEqual({ before: false, after: true });
});
