import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudProfileName } from '@edgecore/api';
import { eventually, freePort, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  applyCounters,
  behindInCloud,
  deviceId,
  lostOnDisk,
  valuesOnDisk,
} from '../support/counting-devices.js';
import { EdgeSite } from '../support/edge-site.js';
import { NumberedMapper } from '../support/numbered-mapper.js';
import { Seeded } from '../support/seeded.js';

/** Updates per test; `EDGECORE_E2E_UPDATES=100000` for the long run. */
const UPDATES = Number(process.env['EDGECORE_E2E_UPDATES'] ?? 3000);
const LONG = process.env['EDGECORE_E2E_UPDATES'] !== undefined;
const DEVICES = Array.from({ length: 20 }, (_, n) => `counter-${n}`);
const PROPERTIES = 5;
const LIMIT_MS = 60_000 + UPDATES * 20;
const KILL_EVERY = LONG ? 2500 : 600;

let site: EdgeSite | undefined;
let mapper: NumberedMapper | undefined;

afterEach(async () => {
  await mapper?.end();
  await site?.close();
  mapper = undefined;
  site = undefined;
});

async function open(profile: CloudProfileName, options: { database?: string } = {}) {
  const mqttPort = await freePort();
  const here = await EdgeSite.open({
    engine: 'process',
    profile,
    cloudProfile: profile,
    mqttPort,
    ...options,
  });
  site = here;
  await applyCounters(here, DEVICES, PROPERTIES);
  here.startAgent();
  await eventually(async () => (await here.status()).devices?.total === DEVICES.length, {
    timeoutMs: 30_000,
    what: 'devices on the node',
  });
  const counting = new NumberedMapper({
    url: `mqtt://127.0.0.1:${mqttPort}`,
    devices: DEVICES.map((name) => deviceId(profile, name)),
    propertiesPerDevice: PROPERTIES,
    updates: UPDATES,
  });
  mapper = counting;
  return { here, counting };
}

async function cloudKnowsAll(here: EdgeSite, counting: NumberedMapper): Promise<void> {
  await eventually(() => behindInCloud(here, counting).length === 0, {
    timeoutMs: 60_000,
    intervalMs: 200,
    what: 'the last number of each property in the cloud',
  }).catch(() => {});
  expect(behindInCloud(here, counting)).toEqual([]);
}

describe.each(LONG ? (['current', '2020'] as const) : (['current'] as const))('cloud %s', (profile) => {
  test(
    `${UPDATES} numbered updates while the agent is killed: what was acknowledged is on disk, the cloud has the last of each`,
    async () => {
      const { here, counting } = await open(profile);
      const random = new Seeded(7);
      const running = counting.run();
      let kills = 0;
      let next = KILL_EVERY;
      while (counting.acknowledged < UPDATES) {
        await eventually(() => counting.acknowledged >= Math.min(next, UPDATES), {
          timeoutMs: LIMIT_MS,
          intervalMs: 5,
          what: 'further results',
        });
        if (counting.acknowledged >= UPDATES) break;
        await sleep(random.below(50));
        await here.killAgent();
        // Results that were on their way are heard now or never.
        await sleep(100);
        expect(lostOnDisk(counting, valuesOnDisk(join(here.dir, 'edgecore.db')))).toEqual([]);
        here.startAgent();
        kills += 1;
        next = counting.acknowledged + KILL_EVERY / 2 + random.below(KILL_EVERY);
      }
      await running;
      expect(kills).toBeGreaterThan(LONG ? 10 : 1);
      await cloudKnowsAll(here, counting);
      if (LONG) console.log(profile, 'kills', kills, Object.fromEntries(counting.refusals));
    },
    LIMIT_MS * 2,
  );

  test(
    `${UPDATES} numbered updates while the link comes and goes: nobody waits, the cloud has the last of each`,
    async () => {
      const { here, counting } = await open(profile);
      const running = counting.run();
      let flapping = true;
      const flaps = (async () => {
        for (let flap = 0; flapping; flap += 1) {
          here.link.cut();
          await sleep(200 + (flap % 3) * 200);
          here.link.mend();
          await sleep(300);
        }
      })();
      await running;
      flapping = false;
      await flaps;
      here.link.mend();
      expect(counting.refusals.size).toBe(0);
      await cloudKnowsAll(here, counting);
    },
    LIMIT_MS,
  );
});

test('a full disk: the device is told why, the agent lives, and everything works once there is room', async () => {
  const dir = await tempDir('ec-full-');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', dir]);
  try {
    const { here, counting } = await open('current', { database: join(dir, 'edgecore.db') });
    const running = counting.run();
    await eventually(() => counting.acknowledged > 200, { what: 'some results' });
    const filler = join(dir, 'filler');
    try {
      writeFileSync(filler, Buffer.alloc(8 * 1_048_576));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
    await eventually(() => counting.refusals.size > 0, { timeoutMs: 20_000, what: 'a refusal' });
    expect([...counting.refusals.keys()].join()).toMatch(/disk .*full: free some space/);
    expect(here.agent.running).toBe(true);
    await rm(filler);
    await running;
    await cloudKnowsAll(here, counting);
    await here.stopAgent();
  } finally {
    await site?.close();
    site = undefined;
    execFileSync('umount', [dir]);
  }
}, 120_000);
