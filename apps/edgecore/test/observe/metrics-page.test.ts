import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';

const root = new URL('../../../../', import.meta.url);

/** Names given to `count`, `gauge` and `observe` in the sources of all packages. */
async function emitted(): Promise<Set<string>> {
  const names = new Set<string>();
  for (const group of ['packages/', 'apps/']) {
    for (const name of await readdir(new URL(group, root))) {
      const src = new URL(`${group}${name}/src/`, root);
      const files = await readdir(src, { recursive: true }).catch(() => []);
      for (const file of files.filter((path) => path.endsWith('.ts'))) {
        const text = await readFile(new URL(file, src), 'utf8');
        const calls = text.matchAll(/etrics\.(?:count|gauge|observe)\(\s*'(edgecore_\w+)'/g);
        for (const [, metric] of calls) names.add(metric!);
      }
    }
  }
  return names;
}

test('docs/METRICS.md has the metrics of the sources, no more and no less', async () => {
  const page = await readFile(new URL('docs/METRICS.md', root), 'utf8');
  const documented = [...page.matchAll(/^\| `(edgecore_\w+)` \|/gm)].map(([, name]) => name!);
  const names = await emitted();
  expect(names.size).toBeGreaterThan(10);
  expect(documented.sort()).toEqual([...names].sort());
});
