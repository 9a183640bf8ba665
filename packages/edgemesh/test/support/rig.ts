import { join } from 'node:path';
import { type CloudProfileName, cloudProfiles, type Logger, MutableCloudLink } from '@edgecore/api';
import { createBus, type Message, responseTo } from '@edgecore/beehive';
import { EdgeMesh, type EdgeMeshOptions, type RunCommand } from '@edgecore/edgemesh';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach } from '@jest/globals';
import { Handled } from './handled.js';
import { fromCloud } from './objects.js';

export interface RigOptions extends Partial<EdgeMeshOptions> {
  readonly cloud?: CloudProfileName;
  readonly connected?: boolean;
  /** Database of an earlier rig. */
  readonly path?: string;
  /** What the cloud answers to a request; `undefined` is silence. */
  readonly answer?: (request: Message) => unknown;
}

/** MetaManager with its database and the mesh on one bus, between a hub and programs that only write down. */
export class Rig {
  readonly #stop: () => Promise<void>;
  readonly #restores: string[];

  private constructor(
    readonly mesh: EdgeMesh,
    readonly link: MutableCloudLink,
    readonly path: string,
    /** Everything that went up. */
    readonly up: readonly Message[],
    /** Lines of level info and above. */
    readonly log: readonly string[],
    readonly down: (operation: string, resource: string, content: unknown, source?: string) => Promise<void>,
    readonly value: (key: string) => Promise<string | undefined>,
    restores: string[],
    stop: () => Promise<void>,
  ) {
    this.#restores = restores;
    this.#stop = stop;
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const { cloud = '2020', connected = false, path, answer, ...own } = options;
    const file = path ?? join(await tempDir(), 'edgecore.db');
    const store = await openStore({ path: file });
    const link = new MutableCloudLink({ connected, profile: cloudProfiles[cloud] });
    const log: string[] = [];
    const restores: string[] = [];
    const up: Message[] = [];
    const handled = new Handled();
    const bus = createBus({ log: collect(log), trace: handled.trace });
    const mesh = new EdgeMesh({
      nodeName: 'edge-a',
      link,
      listenAddress: '127.0.0.1',
      listenPort: 0,
      dnsPort: 0,
      upstreamDns: ['127.0.0.1:1'],
      run: writtenDown(restores),
      ...own,
    });
    bus.add(new MetaManager({ store, link })).add(mesh);
    const hub = bus.join('websocket', 'hub');
    bus.start();
    void (async () => {
      for await (const message of hub.receive()) {
        up.push(message);
        const content = message.sync ? answer?.(message) : undefined;
        if (content !== undefined) hub.deliver(responseTo(message, content, { source: 'dynamiccontroller' }));
      }
    })();
    await eventually(() => mesh.health().state === 'ready');
    const rig = new Rig(
      mesh,
      link,
      file,
      up,
      log,
      async (operation, resource, content, source) => {
        const message = fromCloud(operation, resource, content, source);
        const done = handled.done(message.id);
        await hub.sendToGroup('meta', message);
        await done;
        await mesh.settled();
      },
      async (key) =>
        (await store.first(store.db.selectFrom('meta').select('value').where('key', '=', key)))?.value ??
        undefined,
      restores,
      async () => {
        await bus.stop();
        await store.close();
      },
    );
    rigs.push(rig);
    return rig;
  }

  /** Loopback port a virtual address and port leads to, as the last rules say. */
  portOf(vip: string, port: number, protocol = 'tcp'): number {
    const rule = new RegExp(`-d ${vip}/32 -p ${protocol} .*--dport ${port} .*127\\.0\\.0\\.1:(\\d+)`);
    const found = rule.exec(this.#restores.at(-1) ?? '')?.[1];
    if (found === undefined) throw new Error(`no rule for ${vip}:${port}`);
    return Number(found);
  }

  /** How often rules were written. */
  get restores(): number {
    return this.#restores.length;
  }

  get dnsPort(): number {
    return this.mesh.stats().dnsPort!;
  }

  stop(): Promise<void> {
    return this.#stop();
  }
}

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop();
});

/** No machine's tables are touched; what would have been set is kept. */
function writtenDown(restores: string[]): RunCommand {
  return async (command, _args, input) => {
    if (command === 'iptables-restore') restores.push(input ?? '');
    return '';
  };
}

function collect(lines: string[]): Logger {
  const write = (fields: object | string, message?: string) => {
    lines.push(typeof fields === 'string' ? fields : `${message} ${JSON.stringify(fields)}`);
  };
  const ignore = () => {};
  return {
    trace: ignore,
    debug: ignore,
    info: write,
    warn: write,
    error: write,
    child: () => collect(lines),
  };
}
