// `npm run conformance`: runs edged's tests on a real engine and writes the table of what a kubelet does and we do.
//   --check            only compares page, checklist and titles of tests; no engine is needed
//   --package <dir>    instead of packages/edged
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as table from './conformance-table.mjs';
import { fail, main, root, run } from './lib.mjs';

const PAGE = 'docs/CONFORMANCE.md';
/** Relative to the package. Files without a marked test are not run. */
const DIRECTORIES = ['test/integration', '../../tools/e2e/test'];

await main(async () => {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, package: { type: 'string', default: 'packages/edged' } },
  });
  const dir = resolve(root, values.package);
  const checklist = JSON.parse(readFileSync(join(dir, 'test/conformance/checklist.json'), 'utf8'));
  const marked = markedTests(dir);
  const problems = table.problems(checklist, marked);
  if (problems.length > 0) fail(problems.join('\n'));
  if (values.check) return check(dir, checklist, marked);
  const files = [...new Set(marked.map(({ file }) => join(dir, file)))];
  return write(dir, checklist, await results(dir, files));
});

/** Tests with rows, found by reading: as if all had passed. */
function markedTests(dir) {
  const files = DIRECTORIES.flatMap((directory) => {
    const path = join(dir, directory);
    const names = existsSync(path) ? readdirSync(path) : [];
    return names.filter((name) => name.endsWith('.test.ts')).map((name) => `${directory}/${name}`);
  });
  return files.flatMap((file) => {
    const titles = table.markedTitles(readFileSync(join(dir, file), 'utf8'));
    return titles.map((title) => ({ file, title, status: 'passed' }));
  });
}

function check(dir, checklist, marked) {
  const path = join(dir, PAGE);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const wanted = table.page(table.join(checklist, marked), table.engineOf(text));
  if (text === wanted) return;
  const have = new Set(text.split('\n'));
  const missing = wanted.split('\n').filter((line) => !have.has(line));
  fail(
    `${path} is out of date: run "npm run conformance" on a machine with Docker. It should say:\n${missing.join('\n')}`,
  );
}

/** What jest says about every test of the files. */
async function results(dir, files) {
  const scratch = mkdtempSync(join(tmpdir(), 'edgecore-conformance-'));
  const file = join(scratch, 'jest.json');
  try {
    const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
    const args = [...jest, '--runTestsByPath', ...files, '--json', `--outputFile=${file}`];
    await run(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (!existsSync(file)) fail('jest wrote no results: see its output above');
    return JSON.parse(readFileSync(file, 'utf8')).testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ title, status }) => ({ file: relative(dir, name), title, status })),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function write(dir, checklist, tests) {
  const skipped = tests.filter(({ title, status }) => status === 'pending' && table.rowsOf(title).length > 0);
  if (skipped.length > 0) {
    fail(
      `${skipped.length} tests were skipped, so nothing is proved: start Docker and run this again as root`,
    );
  }
  const rows = table.join(checklist, tests);
  mkdirSync(join(dir, 'docs'), { recursive: true });
  writeFileSync(join(dir, PAGE), table.page(rows, engine()));
  const broken = rows.filter(({ result, why }) => result !== 'passed' && why === undefined);
  if (broken.length > 0) {
    fail(broken.map(({ row, feature, result }) => `row ${row} (${feature}): ${result}`).join('\n'));
  }
  console.log(`${join(dir, PAGE)} is written`);
}

function engine() {
  const version = execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], {
    encoding: 'utf8',
  });
  return `Docker ${version.trim()}`;
}
