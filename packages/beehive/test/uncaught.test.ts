import { createInterface } from 'node:readline';
import { spawnTypeScript } from '@edgecore/testing';
import { expect, test } from '@jest/globals';

/** Node before 24 does not know the module of the first one. */
const KNOWN_AT_ONCE = Number.parseInt(process.versions.node, 10) >= 24;

test('an error nobody handled ends its module only; the first one of a process ends all where it is unknown', async () => {
  const child = spawnTypeScript(new URL('./uncaught-child.ts', import.meta.url).href, [], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (count: number) => {
    const told: string[] = [];
    for (; told.length < count; ) told.push((await lines.next()).value);
    return told.sort();
  };
  try {
    expect(await next(2)).toEqual(['leaky 1', 'sound 1']);
    child.stdin!.write('throw\n');
    if (KNOWN_AT_ONCE) expect(await next(1)).toEqual(['leaky 2']);
    else expect(await next(2)).toEqual(['leaky 2', 'sound 2']);
    child.stdin!.write('throw\n');
    expect(await next(1)).toEqual(['leaky 3']);
    child.stdin!.write('reject\n');
    expect(await next(1)).toEqual(['leaky 4']);
    child.stdin!.end();
    expect(await next(2)).toEqual(['clean', 'unclaimed']);
  } finally {
    child.kill();
  }
});
