import { fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./cloud-process.mjs', import.meta.url));

/** The cloud's process, from here. */
export class Cloud {
  #child;
  #timeoutMs;
  #events = new EventEmitter();

  /**
   * @param {{ dataDir: string, profile: '2020' | 'current' }} options as for `startMinicloud`
   * @param {number} [timeoutMs] how long anything may take
   */
  static async start(options, timeoutMs = 60_000) {
    const cloud = new Cloud(fork(PROGRAM, [JSON.stringify(options)]), timeoutMs);
    Object.assign(cloud, await cloud.#next('started', () => true));
    return cloud;
  }

  constructor(child, timeoutMs) {
    this.#child = child;
    this.#timeoutMs = timeoutMs;
    this.#events.setMaxListeners(0);
    child.on('message', (message) => this.#events.emit('message', message));
    child.on('exit', (code) => this.#events.emit('message', { type: 'failed', reason: `exit code ${code}` }));
  }

  nodeReady(node) {
    return this.#next('nodeReady', (message) => message.node === node);
  }

  /** Applies the pods at once; resolves with the milliseconds until the cloud saw each running and ready. */
  async run(pods) {
    const ready = pods.map(({ metadata }) => this.#next('podReady', ({ name }) => name === metadata.name));
    this.#child.send({ do: 'apply', pods });
    return (await Promise.all(ready)).map(({ afterMs }) => afterMs);
  }

  /** Deletes pods and waits until the node has ended them. */
  async remove(names, graceSeconds = 1) {
    const gone = names.map((wanted) => this.#next('podDeleted', ({ name }) => name === wanted));
    this.#child.send({ do: 'delete', names, graceSeconds });
    await Promise.all(gone);
  }

  /** Makes devices of one model on a node; resolves when the cloud has them. */
  async devices({ count, properties, node }) {
    const applied = this.#next('devicesApplied', () => true);
    this.#child.send({ do: 'devices', objects: [...deviceObjects({ count, properties, node })] });
    await applied;
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.send({ do: 'close' });
    await exit;
  }

  #next(type, matches) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => end(reject, new Error(`no ${type} from the cloud within ${this.#timeoutMs / 1000} s`)),
        this.#timeoutMs,
      );
      const listen = (message) => {
        if (message.type === 'failed') end(reject, new Error(`the cloud failed: ${message.reason}`));
        else if (message.type === type && matches(message)) end(resolve, message);
      };
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#events.off('message', listen);
        settle(value);
      };
      this.#events.on('message', listen);
    });
  }
}

function* deviceObjects({ count, properties, node }) {
  const apiVersion = 'devices.kubeedge.io/v1beta1';
  yield {
    apiVersion,
    kind: 'DeviceModel',
    metadata: { name: 'bench', namespace: 'default' },
    spec: { properties: properties.map((name) => ({ name, type: 'STRING', accessMode: 'ReadWrite' })) },
  };
  for (let n = 0; n < count; n += 1) {
    yield {
      apiVersion,
      kind: 'Device',
      metadata: { name: `device-${n}`, namespace: 'default' },
      spec: {
        deviceModelRef: { name: 'bench' },
        nodeName: node,
        protocol: { protocolName: 'mqtt' },
        properties: properties.map((name) => ({ name })),
      },
    };
  }
}
