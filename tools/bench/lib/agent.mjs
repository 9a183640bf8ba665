import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { configDocument, formatConfig, hostFacts } from '@edgecore/edgecore';
import { sleep } from './numbers.mjs';

const PROGRAM = join(
  dirname(createRequire(import.meta.url).resolve('@edgecore/cli/package.json')),
  'bin/edgecore.js',
);
const LOOP_DELAY = new URL('./loop-delay.mjs', import.meta.url).href;

/** The built command as a user runs it: `edgecore start --config edgecore.yaml`. */
export class Agent {
  #child;
  #socket;

  /** @param {{ dir: string, nodeName: string, runtime: 'docker' | 'process', profile: '2020' | 'current', pauseImage?: string, cloud: object, loopDelay?: boolean, mqttPort?: number }} options */
  static async start(options) {
    const { dir } = options;
    await mkdir(dir, { recursive: true });
    const config = join(dir, 'edgecore.yaml');
    const log = join(dir, 'agent.log');
    await writeFile(config, await configText(options), { mode: 0o600 });
    return new Agent({ config, log, loopDelay: options.loopDelay, socket: join(dir, 'edgecore.sock') });
  }

  #program;

  constructor(program) {
    this.#program = program;
    this.#socket = program.socket;
    this.#spawn();
  }

  #spawn() {
    const { config, log, loopDelay } = this.#program;
    const preload = loopDelay ? ['--import', LOOP_DELAY] : [];
    this.#child = spawn(process.execPath, [...preload, PROGRAM, 'start', '--config', config], {
      stdio: ['ignore', 'ignore', openSync(log, 'a'), ...(loopDelay ? ['ipc'] : [])],
    });
    this.#child.once('exit', async (code) => {
      if (code)
        console.error(
          `the agent ended with exit code ${code}:\n${(await readFile(log, 'utf8')).slice(-2000)}`,
        );
    });
  }

  /** Ends it and starts it again with the same files. */
  async restart() {
    await this.stop();
    this.#spawn();
  }

  get pid() {
    return this.#child.pid;
  }

  /** Milliseconds the agent takes to answer a health check on its socket. */
  async ping() {
    const started = performance.now();
    await this.#get('/healthz');
    return performance.now() - started;
  }

  /** Waits until the node has so many devices, and, if asked for, until the cloud knows all of them. */
  async devices(count, { told = false } = {}) {
    for (;;) {
      const { devices } = JSON.parse(await this.#get('/status').catch(() => '{}'));
      if (devices?.total === count && (!told || devices.pending === 0)) return;
      await sleep(20);
    }
  }

  async #get(path) {
    const response = await new Promise((resolve, reject) => {
      request({ socketPath: this.#socket, path, agent: false }, resolve).on('error', reject).end();
    });
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return text;
  }

  /** What `work` gives, and the event loop's delays meanwhile, in milliseconds. Costs the agent 100 wake-ups a second. Needs `loopDelay`. */
  async loopDelay(work) {
    this.#child.send('loop-delay start');
    const result = await work();
    const answer = once(this.#child, 'message');
    this.#child.send('loop-delay stop');
    const [delay] = await answer;
    return { result, delay };
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

async function configText({ dir, nodeName, runtime, profile, pauseImage, cloud, mqttPort = 0 }) {
  const document = configDocument('min', 'v1alpha2', await hostFacts());
  const { edgeHub, edged, eventBus } = document.modules;
  document.database = { dataSource: join(dir, 'edgecore.db') };
  // Its own containers only: others may use the engine too.
  document.edgecoreTs = { cloudProfile: profile, edged: { runtime, instance: nodeName } };
  Object.assign(edgeHub, {
    httpServer: `https://127.0.0.1:${cloud.httpsPort}`,
    token: cloud.token,
    // The usual 30 a second would be all that is measured.
    messageQPS: 100_000,
    messageBurst: 100_000,
    tlsCaFile: join(dir, 'ca.crt'),
    tlsCertFile: join(dir, 'node.crt'),
    tlsPrivateKeyFile: join(dir, 'node.key'),
    websocket: { enable: true, server: `127.0.0.1:${cloud.hubPort}` },
  });
  Object.assign(edged, {
    hostnameOverride: nodeName,
    rootDirectory: join(dir, 'pods'),
    ...(pauseImage ? { podSandboxImage: pauseImage } : {}),
  });
  Object.assign(edged.tailoredKubeletConfig, {
    podLogsDir: join(dir, 'logs'),
    // A full disk of the measuring machine must not evict the pods.
    evictionHard: {
      'memory.available': '10Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
      'imagefs.inodesFree': '0%',
    },
    imageGCHighThresholdPercent: 100,
    staticPodPath: '',
    readOnlyPort: 0,
  });
  Object.assign(eventBus, { mqttMode: 0, mqttServerInternal: `tcp://127.0.0.1:${mqttPort}` });
  document.modules.deviceTwin = { ...document.modules.deviceTwin, dmiSockPath: dir };
  return formatConfig(document);
}
