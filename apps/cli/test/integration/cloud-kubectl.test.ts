import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { eventually, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  Attach,
  CoreV1Api,
  Exec,
  KubeConfig,
  Log,
  PortForward,
  type V1Status,
} from '@kubernetes/client-node';
import { type RunningNode, startNode } from '../embedded-cloud.js';
import { hasKubectl } from '../kubectl.js';

/** Answers each connection with what it said, in capitals. */
const SERVER = `
const net = require('node:net');
net.createServer((socket) => socket.on('data', (data) => socket.write(String(data).toUpperCase())))
  .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
setInterval(() => console.log('tick ' + Date.now()), 200);
process.stdin.on('data', (data) => console.log('heard ' + data));
`;

describe('logs, exec, attach, port-forward and figures of the embedded node', () => {
  let node: RunningNode;
  let kubeconfig: string;
  let port: number;
  const config = new KubeConfig();

  beforeAll(async () => {
    const dataDir = await tempDir('ec-');
    port = await freePort();
    await mkdir(join(dataDir, 'manifests'));
    await writeFile(join(dataDir, 'manifests', 'web.json'), JSON.stringify(podManifest(port)));
    node = startNode(dataDir, '--runtime', 'process', '--no-example');
    kubeconfig = join(dataDir, 'cloud', 'kubeconfig');
    await node.says('Pod default/web is Running.');
    config.loadFromFile(kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    // The node dials the tunnel when it has its certificate.
    await eventually(
      () =>
        api.readNamespacedPodLog({ namespace: 'default', name: 'web' }).then(
          // Long enough for the tests of its tail.
          (text) => text.split('tick').length > 2,
          () => false,
        ),
      { timeoutMs: 20_000 },
    );
  });
  afterAll(async () => {
    await node?.empty();
    await node?.stop();
  });

  test('the kubeconfig is its owner’s only', async () => {
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
  });

  describe('with the client library', () => {
    test('lists and reads pods and nodes', async () => {
      const api = config.makeApiClient(CoreV1Api);
      expect(
        (await api.listNamespacedPod({ namespace: 'default' })).items.map(({ metadata }) => metadata?.name),
      ).toEqual(['web']);
      expect((await api.listNode()).items[0]?.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(10_351);
      await expect(api.readNamespacedPod({ namespace: 'default', name: 'no' })).rejects.toMatchObject({
        code: 404,
      });
      const text = await api.readNamespacedPodLog({ namespace: 'default', name: 'web', tailLines: 2 });
      expect(text.trim().split('\n')).toHaveLength(2);
      await expect(
        api.readNamespacedPodLog({ namespace: 'default', name: 'web', container: 'nope' }),
      ).rejects.toThrow('it has: main');
    });

    test('follows a log until it has seen enough', async () => {
      const out = collect();
      const end = await new Log(config).log('default', 'web', 'main', out.stream, {
        follow: true,
        tailLines: 1,
      });
      await eventually(() => out.text().split('tick').length > 3);
      end.abort();
    });

    test('runs a command with input, output, errors and its exit code', async () => {
      const [out, problems] = [collect(), collect()];
      const input = new PassThrough();
      const status = new Promise<V1Status>((resolve) => {
        void new Exec(config).exec(
          'default',
          'web',
          'main',
          ['sh', '-c', 'read line; echo "got $line"; echo bad >&2; exit 3'],
          out.stream,
          problems.stream,
          input,
          false,
          resolve,
        );
      });
      input.write('hello\n');
      const { details, reason } = await status;
      expect(reason).toBe('NonZeroExitCode');
      expect(details?.causes?.[0]?.message).toBe('3');
      expect([out.text(), problems.text()]).toEqual(['got hello\n', 'bad\n']);
    });

    test('gives a command a terminal of the size asked for', async () => {
      const out = Object.assign(collect().stream, { rows: 40, columns: 120 });
      let text = '';
      out.on('data', (data) => (text += String(data)));
      const status = new Promise<V1Status>((resolve) => {
        const command = ['sh', '-c', 'until stty size | grep 120; do sleep 0.05; done; test -t 0'];
        void new Exec(config).exec(
          'default',
          'web',
          'main',
          command,
          out,
          null,
          new PassThrough(),
          true,
          resolve,
        );
      });
      expect((await status).status).toBe('Success');
      expect(text).toBe('40 120\r\n');
    });

    test('attaches', async () => {
      const out = collect();
      const socket = await new Attach(config).attach('default', 'web', 'main', out.stream, null, null, false);
      await eventually(() => /tick/.test(out.text()));
      socket.close();
    });

    test('forwards a port', async () => {
      const forward = new PortForward(config);
      const server = createServer(
        (socket) => void forward.portForward('default', 'web', [port], socket, null, socket),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const client = connect((server.address() as { port: number }).port, '127.0.0.1');
      let answer = '';
      client.on('data', (data) => (answer += String(data)));
      client.write('ping');
      await eventually(() => answer === 'PING');
      client.destroy();
      server.close();
    });
  });

  (hasKubectl ? describe : describe.skip)('with kubectl', () => {
    const kubectl = (args: string[], env: Record<string, string> = {}) =>
      spawn('kubectl', ['--kubeconfig', kubeconfig, ...args], {
        env: { ...process.env, HOME: join(kubeconfig, '..'), ...env },
      });

    test('get, logs, figures', async () => {
      expect((await ended(kubectl(['get', 'pods']))).out).toMatch(/web/);
      expect((await ended(kubectl(['get', 'nodes', '-o', 'name']))).out).toBe('node/n1\n');
      expect((await ended(kubectl(['logs', 'web', '--tail=1']))).out).toMatch(/^(tick \d+|listening)\n$/);
      const summary = await ended(kubectl(['get', '--raw', '/api/v1/nodes/n1/proxy/stats/summary']));
      expect(JSON.parse(summary.out)).toMatchObject({ node: { nodeName: 'n1' } });
      for (const figures of ['metrics', 'metrics/cadvisor', 'metrics/resource']) {
        expect((await ended(kubectl(['get', '--raw', `/api/v1/nodes/n1/proxy/${figures}`]))).out).toContain(
          '# TYPE',
        );
      }
    });

    test.each([
      ['WebSocket', {}],
      ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' }],
    ])(
      'exec over %s: input, output, exit code',
      async (_protocol, env) => {
        const run = kubectl(['exec', '-i', 'web', '--', 'sh', '-c', 'cat; echo bad >&2; exit 7'], env);
        run.stdin.end('a'.repeat(100_000));
        const { code, out, err } = await ended(run);
        expect(out).toBe('a'.repeat(100_000));
        expect(err).toMatch(/bad/);
        expect(code).toBe(7);
      },
      30_000,
    );

    test('port-forward', async () => {
      const run = kubectl(['port-forward', 'pod/web', `:${port}`]);
      let said = '';
      run.stdout.on('data', (data) => (said += String(data)));
      const local = await eventually(() => /127\.0\.0\.1:(\d+) ->/.exec(said)?.[1], { timeoutMs: 10_000 });
      const client = connect(Number(local), '127.0.0.1');
      let answer = '';
      client.on('data', (data) => (answer += String(data)));
      client.write('once');
      await eventually(() => answer === 'ONCE');
      client.destroy();
      const exit = ended(run);
      run.kill('SIGINT');
      await exit;
    });

    test('says what is wrong', async () => {
      const none = await ended(kubectl(['logs', 'nothing']));
      expect(none).toMatchObject({ code: 1, err: expect.stringContaining('pods "nothing" not found') });
      const container = await ended(kubectl(['exec', 'web', '-c', 'nope', '--', 'true']));
      expect(container).toMatchObject({ code: 1, err: expect.stringContaining('nope') });
    });
  });
});

function podManifest(port: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: {
      hostNetwork: true,
      containers: [
        {
          name: 'main',
          image: 'none:1',
          stdin: true,
          command: [process.execPath, '-e', SERVER],
          env: [{ name: 'PORT', value: String(port) }],
        },
      ],
    },
  };
}

function collect() {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (data) => (text += String(data)));
  return { stream, text: () => text };
}

async function ended(
  run: ChildProcessWithoutNullStreams,
): Promise<{ code: number | null; out: string; err: string }> {
  let [out, err] = ['', ''];
  run.stdout.on('data', (data) => (out += String(data)));
  run.stderr.on('data', (data) => (err += String(data)));
  const code = await new Promise<number | null>((resolve) => run.once('close', resolve));
  return { code, out, err };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
