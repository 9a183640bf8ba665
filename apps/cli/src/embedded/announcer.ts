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
  #started = false;
  #waiting: CloudMessage[] = [];

  constructor(
    private readonly out: TextSink,
    options: AnnouncerOptions,
  ) {
    this.#options = options;
  }

  started(status: AgentStatus, cloud: Pick<EmbeddedCloud, 'hubPort' | 'pid'>, hasDevice: boolean): void {
    // In one piece: a reader that sees the first line sees all of it.
    this.out.write(this.#summary(status, cloud, hasDevice));
    this.#started = true;
    for (const message of this.#waiting.splice(0)) this.onCloud(message);
  }

  #summary(
    { node, mqtt }: AgentStatus,
    { hubPort, pid }: Pick<EmbeddedCloud, 'hubPort' | 'pid'>,
    hasDevice: boolean,
  ): string {
    const { paths, docker = '', exampleAdded } = this.#options;
    const isDocker = node.runtime === 'docker';
    const facts = [
      ['node', node.name],
      ['cloud', `127.0.0.1:${hubPort}${pid === undefined ? '' : `, process ${pid}`}`],
      ['pods on', isDocker ? `Docker ${docker}`.trim() : 'plain processes (no images, no isolation)'],
      ['MQTT', mqtt ?? 'not yet: see edgecore status'],
      [
        'manifests',
        `${paths.manifests}${exampleAdded ? ' (with examples: hello.yaml, thermostat.yaml)' : ''}`,
      ],
      ['data', paths.root],
    ];
    const at = this.#dataDirOption();
    const commands = [
      [`edgecore status${at}`, 'the node: link, modules, pods'],
      [`edgecore cloud get pods${at}`, 'what the cloud knows'],
      ...(hasDevice ? [[`edgecore device watch${at}`, 'the example thermostat at work']] : []),
      ['Ctrl-C', 'end'],
    ];
    const indented = (rows: string[][]) => table(rows).replace(/^/gm, '  ');
    return `EdgeCore is running.\n\n${indented(facts)}\n\n${indented(commands)}\n\n`;
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
      line(this.out, `  what it says:  edgecore logs -f ${name}${this.#dataDirOption()}`);
  }

  /** What commands need to find this set-up. */
  #dataDirOption(): string {
    const { root } = this.#options.paths;
    return root === embeddedPaths().root ? '' : ` --data-dir ${root}`;
  }
}
