// What the tests need besides Node: found, installed (Debian/Ubuntu as root), or named as skipped.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, has, step } from './lib.mjs';

const TOOLS = [
  {
    binary: 'dockerd',
    apt: 'docker.io',
    why: 'containers: edged and the Docker runtime are tested on a real engine',
  },
  {
    binary: 'docker',
    apt: 'docker.io',
    why: 'the client the tests inspect containers with',
    also: 'docker-cli',
  },
  { binary: 'iptables', apt: 'iptables', why: 'the engine’s bridge network' },
  { binary: 'busybox', apt: 'busybox-static', why: 'test images are made from it, nothing is pulled' },
  { binary: 'docker-registry', apt: 'docker-registry', why: 'a registry on loopback for pull tests' },
  {
    binary: 'podman',
    apt: 'podman',
    why: 'a second engine: the Docker runtime is tested on its socket, too',
  },
  {
    binary: 'mosquitto',
    apt: 'mosquitto',
    why: 'an MQTT broker elsewhere: eventbus is tested on a real one',
  },
  { binary: 'openssl', apt: 'openssl', why: 'checks certificates with a second implementation' },
  { binary: 'ip', apt: 'iproute2', why: 'a bridge for engines of the tests’ own' },
  { binary: 'dig', apt: 'bind9-dnsutils', why: 'asks the mesh’s DNS, and complains where answers are odd' },
  { binary: 'curl', apt: 'curl', why: 'a client of services with the C library’s resolver' },
  { binary: 'musl-gcc', apt: 'musl-tools', why: 'a client of services with Alpine’s resolver' },
  { binary: 'unshare', apt: 'util-linux', why: 'mount namespaces for the process runtime' },
  { binary: 'ps', apt: 'procps', why: 'leak checks look at the process list' },
];

const canInstall = process.getuid?.() === 0 && has('apt-get');

/** @returns {Promise<{ skipped: string[], stop(): Promise<void> }>} */
export async function provision() {
  await installMissing();
  const skipped = TOOLS.filter((tool) => !has(tool.binary)).map(
    (tool) => `${tool.binary} is missing (${tool.why})`,
  );
  const engine = await startEngine();
  if (!engine.ok) skipped.push(`no Docker engine (${engine.reason}): tests that need one are skipped`);
  return { skipped, stop: engine.stop };
}

async function installMissing() {
  const missing = TOOLS.filter((tool) => !has(tool.binary));
  if (missing.length === 0) return;
  for (const tool of missing) console.log(`  needs ${tool.binary}: ${tool.why}`);
  if (!canInstall) {
    console.log('  not root on Debian or Ubuntu: install these yourself to run the tests that need them');
    return;
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const packages = [...new Set(missing.map((tool) => tool.apt))];
  await step('apt-get update', 'apt-get', ['update', '-q'], { quiet: true, env });
  await step(
    `apt-get install ${packages.join(' ')}`,
    'apt-get',
    ['install', '-y', '-q', '--no-install-recommends', ...packages],
    {
      quiet: true,
      env,
    },
  );
}

function engineAnswers() {
  return (
    spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8', timeout: 10_000 })
      .status === 0
  );
}

async function startEngine() {
  const nothing = async () => {};
  if (has('docker') && engineAnswers()) return { ok: true, stop: nothing };
  if (!has('dockerd')) return { ok: false, reason: 'not installed', stop: nothing };
  if (process.getuid?.() !== 0)
    return { ok: false, reason: 'not running, and only root can start it', stop: nothing };
  const log = join(tmpdir(), `edgecore-dockerd-${process.pid}.txt`);
  const out = openSync(log, 'w');
  const daemon = spawn('dockerd', [], { stdio: ['ignore', out, out], detached: true });
  daemon.on('error', () => {});
  for (let second = 0; second < 30; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (engineAnswers()) {
      console.log('▸ Docker engine started for the tests');
      return { ok: true, stop: () => stopEngine(daemon) };
    }
    if (daemon.exitCode !== null) break;
  }
  const reason = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').at(-1) : 'no output';
  if (daemon.exitCode === null) daemon.kill('SIGTERM');
  return { ok: false, reason: `dockerd did not come up: ${reason}`, stop: nothing };
}

function stopEngine(daemon) {
  return new Promise((resolve) => {
    if (daemon.exitCode !== null) return resolve();
    const timer = setTimeout(() => daemon.kill('SIGKILL'), 20_000);
    daemon.on('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    daemon.kill('SIGTERM');
  });
}

/** With CI=true a missing engine is a failure, not a skip. */
export function requireInCi(skipped) {
  if (process.env.CI === 'true' && skipped.length > 0) {
    fail(`CI=true, but: ${skipped.join('; ')}`);
  }
}
