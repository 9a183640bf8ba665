import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@edgecore/api';
import { eventually, type Printing, says } from '@edgecore/testing';
import type { CloudMessage, CloudStarter } from '../src/embedded/cloud.js';
import { serveCloud } from '../src/embedded/serve-cloud.js';
import { edgecore, type Ran } from './cli.js';

/** The embedded cloud in this process instead of a child: the built one is tested as a whole elsewhere. */
const cloudHere: CloudStarter = async ({ dataDir, manifestsDir, onMessage }) => {
  let ready: Extract<CloudMessage, { type: 'ready' }> | undefined;
  const cloud = await serveCloud({
    dataDir,
    manifestsDir,
    hubPort: 0,
    httpsPort: 0,
    tunnelPort: 0,
    kubePort: 0,
    log: silentLogger,
    tell: (message) => {
      if (message.type === 'ready') ready = message;
      onMessage(message);
    },
  });
  if (!cloud || !ready) throw new Error('the cloud did not start');
  return {
    ...ready,
    pid: undefined,
    stop: () => cloud.close(),
  };
};

export interface RunningNode extends Printing {
  /** Waits until it has said so. @param timeoutMs Default: half a minute. @throws with what it said instead. */
  says(text: string, timeoutMs?: number): Promise<void>;
  /** Takes its manifests away and waits until no pod is left: pods outlive their agent. */
  empty(): Promise<void>;
  /** Also when it ends by itself. */
  readonly ended: Promise<Ran>;
  stop(): Promise<Ran>;
}

/** `edgecore start` with node name `n1`, in this process. */
export function startNode(dataDir: string, ...more: string[]): RunningNode {
  const end = new AbortController();
  let printed = '';
  const argv = ['start', '--data-dir', dataDir, '--node-name', 'n1', '--log-level', 'error', ...more];
  const ended = edgecore(argv, {
    signal: end.signal,
    startCloud: cloudHere,
    onStdout: (text) => {
      printed += text;
    },
  });
  let running = true;
  const over = () => {
    running = false;
  };
  ended.then(over, over);
  return {
    get output() {
      return printed;
    },
    get running() {
      return running;
    },
    says(text, timeoutMs = 30_000) {
      return says(this, text, timeoutMs);
    },
    async empty() {
      const manifests = join(dataDir, 'manifests');
      for (const file of await readdir(manifests)) await rm(join(manifests, file));
      await eventually(
        async () => (await edgecore(['status', '--data-dir', dataDir])).stdout.includes('No pods.'),
        { timeoutMs: 30_000, what: 'no pods' },
      );
    },
    ended,
    stop: () => {
      end.abort();
      return ended;
    },
  };
}
