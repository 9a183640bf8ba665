import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryOf } from '../lib/process-figures.mjs';
import { withSite } from '../lib/site.mjs';
import { TwinLoad } from '../lib/twin-load.mjs';

const TWIN = fileURLToPath(new URL('../lib/twin-process.mjs', import.meta.url));
const BARE = fileURLToPath(new URL('../lib/bare-broker.mjs', import.meta.url));
const COUNTS = [1, 100, 1000];
const IN_FLIGHT = 400;
const MANY = 10_000;
const PROPERTIES = ['a', 'b', 'c', 'd', 'e'];

export const about = 'reports of devices: MQTT QoS 1 in, on disk, result out';

export async function* run({ seconds }) {
  const time = Math.min(seconds, 15);
  for (const count of COUNTS) yield await measure(count, time);
  yield await startWithMany();
}

/** DeviceTwin with many devices in its database: until they are loaded, until a cloud has confirmed the values of each. */
async function startWithMany() {
  const none = await alone(0);
  const many = await alone(MANY);
  return {
    title: `a start with ${MANY} devices of ${PROPERTIES.length} properties, DeviceTwin alone`,
    rows: [
      { what: 'devices loaded', value: many.loadedMs / 1000, unit: 's' },
      { what: 'and all values confirmed by the cloud', value: many.toldMs / 1000, unit: 's' },
      { what: 'RSS 100 s later', value: many.rss, unit: 'MB', baseline: none.rss, of: 'no devices' },
    ],
  };
}

async function alone(count) {
  const dir = await mkdtemp(join(tmpdir(), 'edgecore-bench-'));
  const options = { path: join(dir, 'edgecore.db'), count, properties: PROPERTIES };
  // The first run fills the database, the second is what is measured.
  await twinProcess(options);
  const result = await twinProcess({ ...options, filled: true });
  await rm(dir, { recursive: true });
  return result;
}

async function twinProcess(options) {
  const child = fork(TWIN, [JSON.stringify(options)]);
  const exited = once(child, 'exit');
  const [result] = await once(child, 'message');
  child.send('end');
  await exited;
  return result;
}

async function measure(count, seconds) {
  const ids = Array.from({ length: count }, (_, n) => `default/device-${n}`);
  const bare = await bareBroker();
  const mqttPort = await freePort();
  try {
    return await withSite(
      { runtime: 'process', mqttPort, timeoutMs: 60_000 },
      async ({ cloud, agent, node }) => {
        const idle = await memoryOf(agent.pid);
        await cloud.devices({ count, properties: ['value'], node });
        await agent.devices(count);
        const theirs = await loaded(`mqtt://127.0.0.1:${bare.port}`, ids, seconds);
        const ours = await loaded(`mqtt://127.0.0.1:${mqttPort}`, ids, seconds);
        const busy = await memoryOf(agent.pid);
        const compared = (what, unit, of) => ({
          what,
          unit,
          value: of(ours),
          baseline: of(theirs),
          of: 'bare aedes, nothing stored',
        });
        return {
          title: `devices, ${count} of them, each report on disk and on its way to the cloud (${seconds} s)`,
          rows: [
            compared(`updates, ${IN_FLIGHT} on the way`, '/s', ({ most }) => most.rate),
            compared('latency at that, p50', 'ms', ({ most }) => most.p50),
            compared('latency at that, p99', 'ms', ({ most }) => most.p99),
            compared('latency at 2,500 a second, p50', 'ms', ({ half }) => half.p50),
            compared('latency at 2,500 a second, p99', 'ms', ({ half }) => half.p99),
            { what: 'RSS before', value: idle.rss, unit: 'MB' },
            { what: 'RSS afterwards', value: busy.rss, unit: 'MB' },
          ],
        };
      },
    );
  } finally {
    bare.stop();
  }
}

async function loaded(url, ids, seconds) {
  const load = await TwinLoad.open({ url, ids });
  try {
    await load.closedLoop({ seconds: 2, inFlight: IN_FLIGHT });
    const most = await load.closedLoop({ seconds, inFlight: IN_FLIGHT });
    const half = await load.openLoop({ seconds, rate: 2500 });
    return { most, half };
  } finally {
    await load.close();
  }
}

async function bareBroker() {
  const child = fork(BARE);
  const [{ port }] = await once(child, 'message');
  return { port, stop: () => child.disconnect() };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
