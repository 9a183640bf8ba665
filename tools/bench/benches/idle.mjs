import { spawn } from 'node:child_process';
import { comparedWith } from '../lib/compared.mjs';
import { dockerImages } from '../lib/docker.mjs';
import { median, quantile, sleep } from '../lib/numbers.mjs';
import { watch } from '../lib/process-figures.mjs';
import { withSite } from '../lib/site.mjs';

const PINGS = 50;

export const about = 'memory and processor share of the agent with one pod and nothing to do';

export async function* run({ seconds, settle }) {
  const images = await dockerImages();
  if (images.reason) console.error(`idle on Docker skipped: ${images.reason}`);
  else yield await measure({ runtime: 'docker', ...images }, { seconds, settle });
  yield await measure({ runtime: 'process' }, { seconds, settle });
}

function measure(site, { seconds, settle }) {
  return withSite(site, async ({ agent, run: runPods }) => {
    const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      await runPods(['idle']);
      await sleep(settle * 1000);
      const [ours, theirs] = await Promise.all([watch(agent.pid, seconds), watch(bare.pid, seconds)]);
      const pings = [];
      for (let n = 0; n < PINGS; n += 1) pings.push(await agent.ping());
      const compared = comparedWith(ours, theirs);
      return {
        title: `idle, one pod, ${site.runtime} (${seconds} s)`,
        rows: [
          compared('RSS', 'MB', 'rss'),
          compared('PSS', 'MB', 'pss'),
          compared('private memory', 'MB', 'private'),
          compared('processor, share of one core', '%', 'cpuPercent'),
          compared('wake-ups', '/s', 'wakeupsPerSecond'),
          { what: 'answer of /healthz, median', value: median(pings), unit: 'ms' },
          { what: 'answer of /healthz, p95', value: quantile(pings, 0.95), unit: 'ms' },
        ],
      };
    } finally {
      bare.kill();
    }
  });
}
