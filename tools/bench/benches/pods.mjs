import { spawn } from 'node:child_process';
import { comparedWith } from '../lib/compared.mjs';
import { dockerImages } from '../lib/docker.mjs';
import { sleep, timed } from '../lib/numbers.mjs';
import { watch } from '../lib/process-figures.mjs';
import { withSite } from '../lib/site.mjs';

const COUNT = 110;
const TIMEOUT_MS = 600_000;

/** A web server that is asked every 10 s whether it lives. */
const probed = {
  command: [
    '/bin/sh',
    '-c',
    'trap "exit 0" TERM; echo > /tmp/index.html; httpd -f -p 8080 -h /tmp & wait $!',
  ],
  livenessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 10, timeoutSeconds: 5 },
};

export const about = `${COUNT} pods on one node: created, probed every 10 s, deleted`;

export async function* run({ seconds, settle }) {
  const images = await dockerImages();
  if (images.reason) console.error(`pods skipped: ${images.reason}`);
  else
    yield await measure(
      { runtime: 'docker', timeoutMs: TIMEOUT_MS, loopDelay: true, ...images },
      { seconds, settle },
    );
}

function measure(site, { seconds, settle }) {
  return withSite(site, async ({ agent, run: runPods, remove }) => {
    const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      const names = Array.from({ length: COUNT }, (_, n) => `pod-${n}`);
      const created = await agent.loopDelay(() => timed(() => runPods(names, probed)));
      await sleep(settle * 1000);
      const steady = await agent.loopDelay(() => sleep(seconds * 1000));
      const [ours, theirs] = await Promise.all([watch(agent.pid, seconds), watch(bare.pid, seconds)]);
      const deleted = await agent.loopDelay(() => timed(() => remove(names)));
      const delays = (when, { p99, max }) => [
        { what: `event loop delay, ${when}, p99`, value: p99, unit: 'ms' },
        { what: `event loop delay, ${when}, longest`, value: max, unit: 'ms' },
      ];
      const compared = comparedWith(ours, theirs);
      return {
        title: `${COUNT} pods with a probe every 10 s, ${site.runtime} (${seconds} s)`,
        rows: [
          { what: 'all running and ready', value: created.result / 1000, unit: 's' },
          ...delays('creating', created.delay),
          ...delays('running', steady.delay),
          compared('RSS', 'MB', 'rss'),
          compared('PSS', 'MB', 'pss'),
          compared('processor, share of one core', '%', 'cpuPercent'),
          { what: 'all gone', value: deleted.result / 1000, unit: 's' },
          ...delays('deleting', deleted.delay),
        ],
      };
    } finally {
      bare.kill();
    }
  });
}
