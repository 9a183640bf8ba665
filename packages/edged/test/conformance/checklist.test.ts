import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';

const COMMAND = fileURLToPath(new URL('../../../../tools/ci/conformance.mjs', import.meta.url));
const TABLE = new URL('../../../../tools/ci/conformance-table.mjs', import.meta.url).href;
const run = promisify(execFile);
const check = (...args: string[]) => run(process.execPath, [COMMAND, '--check', ...args]);

test('every row of the checklist has a test or says why not, and the page says the same', async () => {
  await check();
});

/** A package whose checklist has two rows. */
async function made(titles: string[], why?: string) {
  const dir = await tempDir();
  for (const part of ['test/conformance', 'test/integration', 'docs']) {
    await mkdir(join(dir, part), { recursive: true });
  }
  const rows = [
    { row: 1, feature: 'one', expected: 'a | b' },
    { row: 2, feature: 'two', expected: 'c', why },
  ];
  await writeFile(join(dir, 'test/conformance/checklist.json'), JSON.stringify(rows));
  const source = titles.map((title) => `test(${JSON.stringify(title)}, async () => {});`).join('\n');
  await writeFile(join(dir, 'test/integration/a.test.ts'), source);
  return dir;
}

const rows = (second: string) =>
  `| 1 | one |  | a \\| b | pass | [a](../test/integration/a.test.ts) |\n${second}\n`;

/** What a refused check says; a check that does not refuse fails the test. */
async function refusal(dir: string): Promise<string> {
  try {
    await check('--package', dir);
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
  throw new Error('the check found nothing wrong');
}

test('a row without a test and without a reason is named', async () => {
  expect(await refusal(await made(['#1 one']))).toContain('row 2 (two) has no test and no "why"');
});

test('a number that is no row is named', async () => {
  expect(await refusal(await made(['#1 #2 both', '#3 three']))).toMatch(/no row 3 \("#3 three"\)/);
});

test('a page that is not there, and one that says something else', async () => {
  const dir = await made(['#1 one'], 'not built');
  const wanted = rows('| 2 | two |  | c | **no**: not built |  |');
  const said = await refusal(dir);
  expect(said).toContain(wanted);
  expect(said).toContain('**1 of 2 rows pass (50.0 %).**');
  await writeFile(join(dir, 'docs/CONFORMANCE.md'), said.replace('not built', 'another reason'));
  expect(await refusal(dir)).toContain('out of date');
});

test('a page that says the same is accepted, whatever engine it names', async () => {
  const dir = await made(['#1 one', '#2 two']);
  const { page } = (await import(TABLE)) as { page(rows: object[], engine: string): string };
  const files = ['test/integration/a.test.ts'];
  const joined = [
    { row: 1, feature: 'one', expected: 'a | b', result: 'passed', files },
    { row: 2, feature: 'two', expected: 'c', result: 'passed', files },
  ];
  await writeFile(join(dir, 'docs/CONFORMANCE.md'), page(joined, 'Docker 1.2.3'));
  await check('--package', dir);
  await writeFile(
    join(dir, 'docs/CONFORMANCE.md'),
    page([joined[0]!, { ...joined[1]!, result: 'failed' }], 'Docker 1.2.3'),
  );
  expect(await refusal(dir)).toContain('| 2 | two |');
});
