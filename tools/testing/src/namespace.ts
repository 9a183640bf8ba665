import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { endChild } from './child.js';

const run = promisify(execFile);

/** `describe` where network namespaces can be made, a visibly skipped block elsewhere. */
export function withNamespaces(): (name: string, body: () => void) => void {
  const usable =
    process.getuid?.() === 0 && ['ip', 'iptables'].every((name) => existsSync(`/usr/sbin/${name}`));
  if (!usable && process.env['CI'] === 'true') {
    throw new Error('no network namespaces (root, iproute2, iptables), and CI=true does not allow skipping');
  }
  return usable ? describe : describe.skip;
}

/** A network of its own, with tables of its own: what happens there happens to nobody else. */
export class Namespace {
  readonly name = `em-${randomBytes(4).toString('hex')}`;
  /** Not `ip netns exec`: it would hide the control groups an engine needs. */
  readonly #net = `--net=/run/netns/${this.name}`;
  /** What starts a program inside. */
  readonly command: readonly string[] = ['nsenter', this.#net];
  readonly #children = new Set<ChildProcess>();

  static async create(): Promise<Namespace> {
    const namespace = new Namespace();
    await run('ip', ['netns', 'add', namespace.name]);
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    return namespace;
  }

  /** Output of a program that runs inside. @throws when it fails. */
  async run(...command: string[]): Promise<string> {
    const { stdout } = await run('nsenter', [this.#net, ...command], { timeout: 20_000 });
    return stdout;
  }

  /** A bridge with an address, as Docker makes them. */
  async addBridge(bridge: string, address: string): Promise<void> {
    await this.run('ip', 'link', 'add', bridge, 'type', 'bridge');
    await this.run('ip', 'addr', 'add', address, 'dev', bridge);
    await this.run('ip', 'link', 'set', bridge, 'up');
    await this.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  }

  /** Plugs another namespace into a bridge of this one. */
  async plug(other: Namespace, bridge: string, address: string, gateway: string): Promise<void> {
    const port = `v${randomBytes(4).toString('hex')}`;
    const peer = ['peer', 'name', 'eth0', 'netns', other.name];
    await this.run('ip', 'link', 'add', port, 'type', 'veth', ...peer);
    await this.run('ip', 'link', 'set', port, 'master', bridge, 'up');
    await other.run('ip', 'addr', 'add', address, 'dev', 'eth0');
    await other.run('ip', 'link', 'set', 'eth0', 'up');
    await other.run('ip', 'route', 'add', 'default', 'via', gateway);
  }

  spawn(command: string, args: readonly string[], stderr: 'inherit' | 'ignore' = 'inherit'): ChildProcess {
    const child = spawn('nsenter', [this.#net, command, ...args], {
      stdio: ['pipe', 'pipe', stderr],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Rules and routes, in an order of their own, to be compared. Empty tables are as good as none. */
  async state(): Promise<string> {
    const tables = await this.run('iptables-save');
    const routes = await this.run('ip', '-4', 'route', 'show', 'table', 'all');
    const rules = tables
      .split('\n')
      .map((line) => line.replace(/ \[\d+:\d+\]/, ''))
      .filter((line) => line.startsWith('-') || /^:\S+ -$/.test(line));
    return [...rules.sort(), ...routes.split('\n').sort()].join('\n');
  }

  async close(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    for (const child of this.#children) await endChild(child, signal);
    await run('ip', ['netns', 'del', this.name]).catch(() => {});
  }
}
