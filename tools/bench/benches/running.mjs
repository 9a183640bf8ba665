import { dockerImages, dockerRunMs } from '../lib/docker.mjs';
import { median, quantile } from '../lib/numbers.mjs';
import { withSite } from '../lib/site.mjs';

const TOGETHER = 10;
const PROFILES = ['2020', 'current'];

export const about = 'manifest applied at the cloud until the cloud sees the pod running and ready';

export async function* run({ pods }) {
  const images = await dockerImages();
  if (images.reason) console.error(`running on Docker skipped: ${images.reason}`);
  for (const profile of PROFILES) {
    if (!images.reason) yield await measure({ runtime: 'docker', profile, ...images }, pods);
    yield await measure({ runtime: 'process', profile }, pods);
  }
}

function measure(site, count) {
  return withSite(site, async ({ run: runPods, remove }) => {
    // The first one makes directories, checks the image and so on.
    await runPods(['warm-up']);
    await remove(['warm-up']);
    const bare = [];
    const alone = [];
    for (let n = 0; n < count; n += 1) {
      if (site.image) bare.push(await dockerRunMs(site.image));
      const names = [`alone-${n}`];
      alone.push(...(await runPods(names)));
      await remove(names);
    }
    const names = Array.from({ length: TOGETHER }, (_, n) => `together-${n}`);
    const together = await runPods(names);
    await remove(names);
    const row = (what, value, baseline) => ({
      what,
      unit: 'ms',
      value,
      ...(baseline ? { baseline, of: 'docker run' } : {}),
    });
    return {
      title: `manifest applied -> running and ready, ${site.runtime}, profile ${site.profile} (${count} pods)`,
      rows: [
        row('one after the other, median', median(alone), bare.length > 0 ? median(bare) : undefined),
        row(
          'one after the other, p95',
          quantile(alone, 0.95),
          bare.length > 0 ? quantile(bare, 0.95) : undefined,
        ),
        row(`${TOGETHER} at once, median`, median(together)),
        row(`${TOGETHER} at once, the last`, quantile(together, 1)),
      ],
    };
  });
}
