import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import type { ConfigVersion } from '../../src/config/schema/schema.js';
import { keyTable } from './key-table.js';

const page = new URL('../../../../docs/CONFIGURATION.md', import.meta.url);

function between(version: ConfigVersion): RegExp {
  return new RegExp(`(<!-- keys of ${version} -->\n)[^]*?(\n<!-- end -->)`);
}

/** `UPDATE_DOCS=1 npm test -- apps/edgecore/test/config/configuration-page` writes the tables anew. */
test.each(['v1alpha1', 'v1alpha2'] as const)('the page has every key of %s', async (version) => {
  const text = await readFile(page, 'utf8');
  expect(text).toMatch(between(version));
  const current = text.replace(between(version), (_, start, end) => start + keyTable(version) + end);
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(page, current);
  else expect(text).toBe(current);
});
