import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStatus } from '@edgecore/edgecore';
import { CliProcess, runCli } from './built-cli.js';
import { type EngineView, engineView } from './engines.js';

/** `edgecore start` without a configuration, in a directory of its own. */
export class Embedded {
  readonly #started: CliProcess[] = [];
  #engine: EngineView | undefined;

  constructor(
    readonly runtime: 'process' | 'docker',
    readonly dataDir: string,
  ) {}

  async start(): Promise<CliProcess> {
    const cli = new CliProcess([
      ...['start', '--data-dir', this.dataDir, '--node-name', 'embedded', '--runtime', this.runtime],
    ]);
    this.#started.push(cli);
    await cli.says('EdgeCore is running.');
    await cli.says('Pod default/hello is Running.', 30_000);
    return cli;
  }

  /** The engine, seen past the agent. */
  async engine(): Promise<EngineView> {
    const yaml = await readFile(join(this.dataDir, 'node', 'edgecore.yaml'), 'utf8');
    const instance = /instance: "?([\w-]+)/.exec(yaml)![1]!;
    this.#engine = engineView(this.runtime, instance, join(this.dataDir, 'node'));
    return this.#engine;
  }

  async status(): Promise<AgentStatus> {
    return JSON.parse(await runCli('status', '--json', '--data-dir', this.dataDir)) as AgentStatus;
  }

  async clean(): Promise<void> {
    for (const cli of this.#started) {
      if (cli.running) cli.kill('SIGKILL');
      await cli.exited;
    }
    await this.#engine?.clean();
  }
}
