import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { question } from '../lib/dns-packets.mjs';
import { atScale, dnsUnderFlood } from '../lib/mesh-load.mjs';
import { median } from '../lib/numbers.mjs';
import { activityOf } from '../lib/process-figures.mjs';
import { Program, startDnsmasq, startEndpoints, startHaproxy } from '../lib/rivals.mjs';

const execute = promisify(execFile);
const SECONDS = 4;
const NAME = 'web.default.svc.cluster.local';
const NEEDED = ['nginx', 'haproxy', 'dnsmasq', 'wrk'];

export const about = 'services through the mesh, beside HAProxy and dnsmasq, per second of processor time';

async function* measure({ rounds }) {
  const dir = await mkdtemp(join(tmpdir(), 'bench-mesh-'));
  const endpoints = await startEndpoints(dir);
  const haproxy = await startHaproxy(dir, endpoints.ports);
  const dnsmasq = await startDnsmasq(NAME, '9.251.0.1');
  const script = fileURLToPath(new URL('../lib/mesh-node.mjs', import.meta.url));
  const mesh = new Program(process.execPath, [script, ...endpoints.ports.map(String)]);
  try {
    const ports = JSON.parse(await mesh.firstLine());
    const rows = [];
    const compare = async (what, unit, work, subject, baseline, of) => {
      const rates = { subject: [], baseline: [] };
      for (let round = 0; round < rounds; round += 1) {
        rates.baseline.push(await perCpuSecond(baseline.pid, () => work(baseline.port)));
        rates.subject.push(await perCpuSecond(mesh.pid, () => work(subject)));
      }
      rows.push({ what, unit, value: median(rates.subject), baseline: median(rates.baseline), of });
    };
    const at = (port) => ({ pid: haproxy.pid, port });
    const tcp = ['HAProxy tcp', at(haproxy.tcp)];
    const http = ['HAProxy http', at(haproxy.http)];
    const requests = (options, path) => async (port) => (await wrk(port, path, options)).requests;
    const kept = requests(['-c32'], 'small');
    const fresh = requests(['-c32', '-H', 'Connection: close'], 'small');
    const megabytes = async (port) => (await wrk(port, 'large', ['-c4'])).bytes / 1e6;
    await compare('bytes', 'MB/cpu-s', megabytes, ports.tcp, tcp[1], tcp[0]);
    await compare('new connections', '/cpu-s', fresh, ports.tcp, tcp[1], tcp[0]);
    await compare('requests, kept', '/cpu-s', kept, ports.tcp, tcp[1], tcp[0]);
    await compare('http: requests, kept', '/cpu-s', kept, ports.http, http[1], http[0]);
    await compare('http: new connections', '/cpu-s', fresh, ports.http, http[1], http[0]);
    await compare(
      'dns: answers',
      '/cpu-s',
      ask,
      ports.dns,
      { pid: dnsmasq.pid, port: dnsmasq.port },
      'dnsmasq',
    );
    yield { title: `mesh (${rounds} rounds of ${SECONDS} s)`, rows };
    yield { title: 'mesh, DNS under a flood', rows: await collected(dnsUnderFlood(ports.dns, NAME)) };
  } finally {
    await Promise.all([mesh.stop(), haproxy.stop(), dnsmasq.stop(), endpoints.stop()]);
    await rm(dir, { recursive: true, force: true });
  }
}

export async function* run(settings) {
  for (const program of NEEDED) {
    const there = await execute('which', [program]).then(
      () => true,
      () => false,
    );
    if (there) continue;
    console.error(
      `mesh: ${program} is missing; on Debian: apt-get install nginx-light haproxy dnsmasq-base wrk`,
    );
    return;
  }
  yield* measure(settings);
  const rows = await collected(atScale(settings.rounds));
  if (rows.length > 0) yield { title: `mesh at scale (${settings.rounds} starts)`, rows };
}

async function collected(rows) {
  const all = [];
  for await (const row of rows) all.push(row);
  return all;
}

async function perCpuSecond(pid, work) {
  const before = await activityOf(pid);
  const amount = await work();
  const after = await activityOf(pid);
  return amount / (after.cpuSeconds - before.cpuSeconds);
}

async function wrk(port, path, options) {
  const args = ['-t1', `-d${SECONDS}s`, ...options, `http://127.0.0.1:${port}/${path}`];
  const { stdout } = await execute('wrk', args);
  const [, requests, amount, unit] = /(\d+) requests in [\d.]+m?s, ([\d.]+)(\w+) read/.exec(stdout) ?? [];
  const factor = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[unit] ?? Number.NaN;
  return { requests: Number(requests), bytes: Number(amount) * factor };
}

/** As many questions as are answered in the time, 64 under way. */
async function ask(port) {
  const socket = createSocket('udp4');
  const query = question(NAME);
  let answered = 0;
  let running = true;
  socket.on('message', () => {
    answered += 1;
    if (running) socket.send(query);
  });
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  for (let left = 64; left > 0; left -= 1) socket.send(query);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  running = false;
  socket.close();
  return answered;
}
