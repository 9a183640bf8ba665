import { readFile, rm } from 'node:fs/promises';
import { errorText, type Logger } from '@edgecore/api';
import { attempt, type RunCommand } from './command.js';
import {
  deletion,
  isFilterRight,
  isNatRight,
  JUMPS,
  type Redirect,
  readTable,
  restoreText,
} from './rules.js';

export interface InterceptorOptions {
  /** `9.251.0.0/16` */
  readonly subnet: string;
  /** Source of what this machine itself sends to virtual addresses. */
  readonly listenAddress: string;
  readonly run: RunCommand;
  readonly log: Logger;
  /** Where 2020's mesh wrote its rules down. Default `/run/edgemesh-iptables`. */
  readonly upstreamFile?: string;
}

/** Brings traffic to virtual addresses to our listeners, and takes every trace of that away again. */
export interface Interceptor {
  /** Removes what an earlier run, ours or upstream's, left behind; nothing is there afterwards. */
  clean(): Promise<void>;
  /** Before the first listener is opened. */
  prepare(): Promise<void>;
  /** Makes the system match the list. Idempotent. */
  apply(redirects: readonly Redirect[]): Promise<void>;
  /** Repairs what somebody took away. @returns whether something had to be done. */
  repair(redirects: readonly Redirect[]): Promise<boolean>;
}

const UPSTREAM_FILE = '/run/edgemesh-iptables';
/** Another program may hold the tables. */
const WAIT = ['-w', '5'];

/** One DNAT rule for each virtual address, port and protocol (edgemesh.md §12.1, A). */
export class DnatInterceptor implements Interceptor {
  readonly #options: Required<InterceptorOptions>;

  constructor(options: InterceptorOptions) {
    this.#options = { upstreamFile: UPSTREAM_FILE, ...options };
  }

  /** Listeners are on an address that is there anyway. */
  async prepare(): Promise<void> {}

  async apply(redirects: readonly Redirect[]): Promise<void> {
    await this.#options.run('iptables-restore', ['--noflush', ...WAIT], restoreText(redirects));
    await this.#ensureJumps();
    await this.#ensureRoute();
  }

  async repair(redirects: readonly Redirect[]): Promise<boolean> {
    const { subnet } = this.#options;
    const nat = readTable(await this.#tables('nat'));
    const filter = readTable(await this.#tables('filter'));
    const right =
      isNatRight(nat, redirects, subnet) && isFilterRight(filter, subnet) && (await this.#hasRoute());
    if (!right) await this.apply(redirects);
    return !right;
  }

  async clean(): Promise<void> {
    const { run, subnet, upstreamFile } = this.#options;
    for (const table of ['nat', 'filter'] as const) {
      const { jumps, chains } = readTable(await this.#tables(table));
      for (const jump of jumps) await attempt(run, 'iptables', [...WAIT, '-t', table, ...deletion(jump)]);
      for (const chain of chains) await attempt(run, 'iptables', [...WAIT, '-t', table, '-F', chain]);
      for (const chain of chains) await attempt(run, 'iptables', [...WAIT, '-t', table, '-X', chain]);
    }
    await this.#removeRoutes(subnet);
    await this.#removeUpstreams(upstreamFile);
  }

  /** 2020's mesh used a subnet of its own in rules and route, which its file names. */
  async #removeUpstreams(file: string): Promise<void> {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    for (const [, subnet] of text.matchAll(/-d (\d+\.\d+\.\d+\.\d+\/\d+)/g))
      await this.#removeRoutes(subnet!);
    await rm(file, { force: true });
    this.#options.log.info({ file }, 'removed what an EdgeMesh of 2020 had left behind');
  }

  async #removeRoutes(subnet: string): Promise<void> {
    const { run } = this.#options;
    // Of whatever kind; there is one of each kind at most.
    for (let left = 4; left > 0 && (await this.#hasRoute(subnet)); left--) {
      if (!(await attempt(run, 'ip', ['route', 'del', subnet]))) break;
    }
  }

  /** In first place, before Docker's chains: theirs catch addresses of this machine. */
  async #ensureJumps(): Promise<void> {
    const { run, subnet } = this.#options;
    for (const [table, { from, to }] of Object.entries(JUMPS)) {
      const { jumps } = readTable(await this.#tables(table));
      for (const chain of from) {
        const wanted = `-A ${chain} -d ${subnet} -j ${to}`;
        const present = jumps.filter((jump) => jump.startsWith(`-A ${chain} `) && jump.endsWith(` -j ${to}`));
        if (!present.includes(wanted)) {
          await run('iptables', [...WAIT, '-t', table, '-I', chain, '1', '-d', subnet, '-j', to]);
        }
        const surplus = present.filter((jump, index) => jump !== wanted || present.indexOf(jump) !== index);
        for (const jump of surplus) await attempt(run, 'iptables', [...WAIT, '-t', table, ...deletion(jump)]);
      }
    }
  }

  async #ensureRoute(): Promise<void> {
    const { run, subnet, listenAddress } = this.#options;
    if (await this.#hasRoute()) return;
    await run('ip', ['route', 'replace', subnet, 'dev', 'lo', 'src', listenAddress]);
  }

  async #hasRoute(subnet = this.#options.subnet): Promise<boolean> {
    const output = await this.#options.run('ip', ['route', 'show', 'exact', subnet]);
    return output.trim() !== '';
  }

  async #tables(table: string): Promise<string> {
    return this.#options.run('iptables', [...WAIT, '-t', table, '-S']);
  }
}

/** The addresses themselves are this machine's (edgemesh.md §12.1, B): no rules, listeners sit on them. */
export class AnyIpInterceptor implements Interceptor {
  readonly #dnat: DnatInterceptor;

  constructor(private readonly options: InterceptorOptions) {
    this.#dnat = new DnatInterceptor(options);
  }

  async clean(): Promise<void> {
    const { run, subnet, log } = this.options;
    await attempt(run, 'ip', ['route', 'del', 'local', subnet, 'dev', 'lo']);
    // An earlier run may have been configured otherwise; a machine without iptables has no such rules.
    await this.#dnat.clean().catch((error) => log.debug({ error: errorText(error) }, 'no rules to remove'));
  }

  /** Without the route nobody can listen on the addresses. */
  async prepare(): Promise<void> {
    const { run, subnet } = this.options;
    await run('ip', ['route', 'replace', 'local', subnet, 'dev', 'lo']);
  }

  async apply(): Promise<void> {
    await this.repair();
  }

  async repair(): Promise<boolean> {
    const { run, subnet } = this.options;
    const present = await run('ip', ['route', 'show', 'table', 'local', 'exact', subnet]);
    if (present.trim() !== '') return false;
    await this.prepare();
    return true;
  }
}
