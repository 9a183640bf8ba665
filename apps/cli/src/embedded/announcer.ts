import { join } from 'node:path';
import type { AgentStatus } from '@edgecore/edgecore';
import { line, type TextSink } from '../io.js';
import { table } from '../table.js';
import type { CloudMessage, EmbeddedCloud } from './cloud.js';
import { EXAMPLE_POD } from './example.js';
import { type EmbeddedPaths, embeddedPaths } from './paths.js';

export interface AnnouncerOptions {
  readonly paths: EmbeddedPaths;
  readonly exampleAdded: boolean;
  /** Docker's version; `undefined` without Docker. */
  readonly docker: string | undefined;
}

/** Tells a person at the terminal what runs and how to look at it, once each. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #running = new Set<string>();
  #runtime = '';
  #started = false;
  #waiting: CloudMessage[] = [];

  constructor(
    private readonly out: TextSink,
    options: AnnouncerOptions,
  ) {
    this.#options = options;
  }

  started(status: AgentStatus, cloud: Pick<EmbeddedCloud, 'hubPort' | 'pid'>): void {
    const { paths, docker, exampleAdded } = this.#options;
    this.#runtime = status.node.runtime;
    const runtime =
      status.node.runtime === 'docker'
        ? `Docker ${docker ?? ''}`.trim()
        : 'plain processes (images are not used, nothing is isolated)';
    const process = cloud.pid === undefined ? '' : `, process ${cloud.pid}`;
    const at = paths.root === embeddedPaths().root ? '' : ` --data-dir ${paths.root}`;
    const rows: [string, string][] = [
      ['node', status.node.name],
      ['cloud', `127.0.0.1:${cloud.hubPort}${process}`],
      ['pods on', runtime],
      ['manifests', `${paths.manifests}${exampleAdded ? ' (with an example, hello.yaml)' : ''}`],
      ['data', paths.root],
    ];
    line(this.out, 'EdgeCore is running.');
    line(this.out);
    for (const [name, value] of rows) line(this.out, `  ${name.padEnd(10)} ${value}`);
    line(this.out);
    const commands = [
      [`edgecore status${at}`, 'the node: link, modules, pods'],
      [`edgecore cloud get pods${at}`, 'what the cloud knows'],
      ['Ctrl-C', 'end'],
    ];
    for (const row of table(commands).split('\n')) line(this.out, `  ${row}`);
    line(this.out);
    this.#started = true;
    for (const message of this.#waiting.splice(0)) this.onCloud(message);
  }

  onCloud(message: CloudMessage): void {
    if (!this.#started) {
      // Bounded: only what will be said is kept.
      if (this.#waiting.length < 100) this.#waiting.push(message);
      return;
    }
    if (message.type === 'nodeReady') line(this.out, `Node ${message.node} is Ready.`);
    if (message.type === 'podStatus') this.#pod(message);
  }

  #pod({ namespace, name, uid, phase }: Extract<CloudMessage, { type: 'podStatus' }>): void {
    if (phase !== 'Running') {
      if (phase === 'Succeeded' || phase === 'Failed') this.#running.delete(uid);
      return;
    }
    if (this.#running.has(uid)) return;
    this.#running.add(uid);
    line(this.out, `Pod ${namespace}/${name} is Running.`);
    if (name === EXAMPLE_POD && namespace === 'default')
      line(this.out, `  what it says:  ${this.#logCommand(uid)}`);
  }

  #logCommand(uid: string): string {
    if (this.#runtime === 'docker') return `docker logs -f k8s_hello_${EXAMPLE_POD}_default_${uid}_0`;
    return `tail -f ${join(this.#options.paths.logs, `default_${EXAMPLE_POD}_${uid}`, 'hello', '0.log')}`;
  }
}
