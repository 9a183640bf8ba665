import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { flood } from './dns-packets.mjs';
import { median, sleep } from './numbers.mjs';
import { Program } from './rivals.mjs';

const execute = promisify(execFile);
const scriptOf = (name) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));

/** Garbage that reaches the DNS server, in all and each second: some thirty times what a node with 110 pods asks. */
const FLOOD = { count: 1_000_000, perSecond: 10_000 };
const QUIET_SECONDS = 10;

/** How long answers take while garbage comes in, and without it. */
export async function* dnsUnderFlood(port, name) {
  const quiet = await probed(port, name, () => sleep(QUIET_SECONDS * 1000));
  let rate;
  const flooded = await probed(port, name, async () => {
    rate = await flood(port, name, FLOOD);
  });
  const during = `${FLOOD.count.toLocaleString('en')} broken packets, ${Math.round(rate).toLocaleString('en')} /s`;
  const row = (key) => ({
    what: `dns: ${key}, ${during}`,
    ...{ unit: 'ms', value: flooded[key], baseline: quiet[key], of: 'without' },
  });
  yield row('p50');
  yield row('p99');
  yield { what: `dns: unanswered of ${flooded.answers + flooded.lost}`, unit: '', value: flooded.lost };
}

async function probed(port, name, work) {
  const prober = new Program(process.execPath, [scriptOf('dns-prober'), String(port), name]);
  const result = prober.firstLine();
  await work();
  await prober.stop();
  return JSON.parse(await result);
}

/** A start with 1,000 services of five endpoints, and one endpoint that changes. Needs root: rules are real. */
export async function* atScale(rounds) {
  if (process.getuid?.() !== 0) {
    console.error('mesh: 1,000 services are left out: a network namespace needs root');
    return;
  }
  const runs = [];
  for (let round = 0; round < rounds; round += 1) {
    const { stdout } = await execute('unshare', ['--net', process.execPath, scriptOf('mesh-scale')]);
    runs.push(JSON.parse(stdout));
  }
  const of = (key) => median(runs.map((run) => run[key]));
  const changes = runs.flatMap((run) => run.changes);
  yield {
    what: 'start with 1,000 services × 5 endpoints',
    ...{ unit: 'ms', value: of('startMs'), baseline: of('bareMs'), of: '1,000 bare listeners' },
  };
  yield { what: 'one endpoint changed: used, median', unit: 'ms', value: median(changes) };
  yield {
    what: `one endpoint changed: used, slowest of ${changes.length}`,
    unit: 'ms',
    value: Math.max(...changes),
  };
}
