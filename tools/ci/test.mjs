// `npm test`: everything, from nothing. Arguments go to jest and skip the checks
// (`npm test -- packages/store`).
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, installPackages, main, requireNode, run, step } from './lib.mjs';
import { provision, requireInCi } from './provision.mjs';

const started = Date.now();
const only = process.argv.slice(2);

await main(async () => {
  requireNode();
  const { skipped, stop } = await provision();
  const scratch = mkdtempSync(join(tmpdir(), 'edgecore-tests-'));
  // Ctrl-C ends the tests by itself; what was started for them is stopped here.
  process.on('SIGINT', () => {});
  try {
    requireInCi(skipped);
    await installPackages();
    await build();
    if (only.length === 0) await checks();
    const results = join(scratch, 'jest.json');
    const code = await tests(results);
    if (existsSync(results)) summary(JSON.parse(readFileSync(results, 'utf8')), skipped);
    return code;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    await stop();
  }
});

async function checks() {
  const node = process.execPath;
  await step('lint', node, ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.'], {
    quiet: true,
  });
  await step('floors (who may import whom)', node, ['tools/ci/floors.mjs'], { quiet: true });
  await step('types', node, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'], {
    quiet: true,
  });
  await step('package exports (publint, attw)', node, ['tools/ci/check-exports.mjs'], { quiet: true });
}

function tests(results) {
  console.log('▸ tests');
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  // Most tests wait for an engine, a socket or a timer: every core has one of them.
  const workers = '--maxWorkers=100%';
  return run(process.execPath, [...jest, workers, '--json', `--outputFile=${results}`, ...only], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function summary(report, skipped) {
  for (const file of report.testResults) {
    const names = file.assertionResults
      .filter((test) => test.status === 'pending')
      .map((test) => test.fullName);
    if (names.length > 0)
      skipped.push(`${names.length} tests of ${file.name.split('/').slice(-4).join('/')}`);
  }
  console.log(`\n${((Date.now() - started) / 1000).toFixed(0)} s in all`);
  for (const line of skipped) console.log(`skipped: ${line}`);
  const pending = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : '';
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed${pending}`);
}
