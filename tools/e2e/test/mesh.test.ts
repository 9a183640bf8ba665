import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerNode, eventually, tempDir, withDocker, withNamespaces } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CliProcess, runCli } from '../support/built-cli.js';

const describeMesh = process.getuid?.() === 0 && (await withDocker()) ? withNamespaces() : undefined;

const SHELL = 'edgecore/shell:local';
const URL = 'http://web/';

const pod = (name: string, app: string, command: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: SHELL, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', command] }],
  },
});

const web = (name: string) =>
  pod(name, 'web', `mkdir /www && echo ${name} > /www/index.html && exec httpd -f -p 8080 -h /www`);

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};

describeMesh?.('services of the embedded node, on a machine of its own', () => {
  let machine: DockerNode;
  let dataDir: string;
  let agent: CliProcess | undefined;

  const manifest = (name: string) => join(dataDir, 'manifests', `${name}.json`);
  const put = (name: string, object: unknown) => writeFile(manifest(name), JSON.stringify(object));
  const start = async () => {
    const options = ['--data-dir', dataDir, '--node-name', 'n1', '--runtime', 'docker', '--no-example'];
    agent = new CliProcess(
      ['start', ...options, '--set', 'modules.edgeMesh.enable=true'],
      { DOCKER_HOST: `unix://${machine.socket}` },
      machine.namespace.command,
    );
    await agent.says('EdgeCore is running.', 60_000);
  };
  const end = async (signal: NodeJS.Signals) => {
    agent?.kill(signal);
    await agent?.exited;
  };
  /** What a pod of the node gets from the service, by its name. */
  const ask = async () => {
    const id = await machine.docker('ps', '--quiet', '--filter', 'name=k8s_c_client_');
    return (await machine.docker('exec', id, 'wget', '-q', '-O', '-', URL)).trim();
  };
  const answers = async (count: number) => {
    const found = new Set<string>();
    for (let left = count; left > 0; left -= 1) found.add(await ask());
    return [...found].sort();
  };
  const answersBecome = (expected: readonly string[]) =>
    eventually(async () => `${await answers(6).catch(() => [])}` === `${expected}`, {
      timeoutMs: 60_000,
      what: `answers of ${expected.join(' and ')}`,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${agent?.output}`);
    });

  beforeAll(async () => {
    machine = await DockerNode.start();
    dataDir = await tempDir('ec-mesh-');
    await mkdir(join(dataDir, 'manifests'));
    for (const name of ['web-1', 'web-2']) await put(name, web(name));
    await put('client', pod('client', 'client', 'while true; do sleep 1; done'));
    await put('web', SERVICE);
  }, 90_000);

  afterAll(async () => {
    await end('SIGKILL');
    await machine?.close();
  });

  test('pods reach a service by its name; its endpoints follow the pods', async () => {
    await start();
    await answersBecome(['web-1', 'web-2']);
    expect(await runCli('status', '--data-dir', dataDir)).toMatch(/^edgemesh +ready/m);
    const cloud = (kind: string) => runCli('cloud', 'get', kind, '--data-dir', dataDir);
    expect(await cloud('services')).toMatch(/^default +web +80\/TCP +app=web$/m);
    expect(await cloud('endpoints')).toMatch(/^default +web +[\d.]+:8080,[\d.]+:8080$/m);
    await rm(manifest('web-2'));
    await answersBecome(['web-1']);
    await put('web-3', web('web-3'));
    await answersBecome(['web-1', 'web-3']);
  }, 120_000);

  test('kill -9: the next start serves them again; a clean end leaves no rule', async () => {
    await end('SIGKILL');
    expect(await machine.namespace.state()).toContain('EDGE-MESH');
    await start();
    await answersBecome(['web-1', 'web-3']);
    await end('SIGTERM');
    expect(await agent?.exited).toEqual({ code: 0, signal: null });
    const left = await machine.namespace.state();
    expect(left).not.toContain('EDGE-MESH');
    expect(left).not.toContain('9.251.');
  }, 120_000);
});
