import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import {
  checkEnvironment,
  defaultNodeName,
  hostFacts,
  loadConfig,
  processNames,
} from '../../src/config/index.js';

const running = (...names: string[]) => ({ env: {}, processes: async () => new Set(names) });

describe('other node agents (acceptance 10)', () => {
  test.each([
    [
      'v1alpha1',
      'kubelet',
      'Failed to check the running environment: Kubelet should not running on edge node',
    ],
    ['v1alpha1', 'kube-proxy', 'Failed to check the running environment: Kube-proxy should not running'],
    [
      'v1alpha2',
      'kubelet',
      'failed to check the running environment: kubelet should not be running on edge node',
    ],
  ] as const)('%s beside %s', async (version, name, text) => {
    await expect(checkEnvironment({ version, ...running(name) })).rejects.toThrow(text);
    await checkEnvironment({ version, ...running(name), env: { CHECK_EDGECORE_ENVIRONMENT: 'false' } });
    await checkEnvironment({ version, ...running(`${name}x`, 'sh') });
  });

  test('today ignores kube-proxy, and everything when its MetaServer is on', async () => {
    await checkEnvironment({ version: 'v1alpha2', ...running('kube-proxy') });
    await checkEnvironment({ version: 'v1alpha2', metaServer: true, ...running('kubelet') });
  });

  test('process names come from /proc', async () => {
    const proc = await tempDir();
    for (const pid of ['1', '22', 'self']) await mkdir(join(proc, pid));
    await writeFile(join(proc, '1', 'comm'), 'init\n');
    await writeFile(join(proc, 'self', 'comm'), 'me\n');
    expect(await processNames(proc)).toEqual(new Set(['init']));
    expect((await processNames()).size).toBeGreaterThan(0);
  });
});

describe('host name and address (config.md §1)', () => {
  const eth0 = (...addresses: string[]) => addresses.map((address) => ({ address }) as never);
  const facts = (sources: Parameters<typeof hostFacts>[0]) =>
    hostFacts({
      hostName: () => 'n',
      resolve: async () => [],
      interfaces: () => ({}),
      defaultInterface: async () => undefined,
      ...sources,
    });

  test.each([
    ['an IPv4 of the name on an interface', ['fd00::1', '10.0.0.5', '10.9.9.9'], '10.0.0.5'],
    ['else its IPv6', ['fd00::1', '127.0.1.1'], 'fd00::1'],
    ['else the default route’s interface', ['127.0.1.1'], '10.1.0.1'],
  ])('%s', async (_, resolved, expected) => {
    const { localIp } = await facts({
      resolve: async () => resolved,
      interfaces: () => ({
        eth0: eth0('10.0.0.5', 'fd00::1'),
        eth1: eth0('fe80::1', '169.254.0.3', '10.1.0.1'),
      }),
      defaultInterface: async () => 'eth1',
    });
    expect(localIp).toBe(expected);
  });

  test('nothing found is the empty text', async () => {
    const failing = async (): Promise<string[]> => {
      throw new Error('no resolver');
    };
    expect((await facts({ resolve: failing })).localIp).toBe('');
  });

  test('node names from host names', () => {
    expect(defaultNodeName('Edge-1 ', 'v1alpha1')).toBe('Edge-1 ');
    expect(defaultNodeName('', 'v1alpha1')).toBe('default-edge-node');
    expect(defaultNodeName('Edge-1 ', 'v1alpha2')).toBe('edge-1');
    expect(defaultNodeName('a_b', 'v1alpha2')).toBe('default-edge-node');
  });
});

test('a missing file has upstream’s text, errors come all together', async () => {
  const dir = await tempDir();
  await expect(loadConfig(join(dir, 'none.yaml'))).rejects.toThrow(
    /config: Required value: config file .*none\.yaml not exist\. For the configuration file format/,
  );
  await writeFile(join(dir, 'bad.yaml'), 'modules: {edgeHub: {heartbeat: 0, tlsCaFile: ""}}\n');
  await expect(loadConfig(join(dir, 'bad.yaml'))).rejects.toMatchObject({
    code: 'ERR_CONFIG',
    message: expect.stringMatching(/\[\n {2}modules\.edgeHub\..*\n {2}modules\.edgeHub\..*\n\]$/),
  });
});

test('a database that cannot be made has upstream’s text, with the line (config.md §4)', async () => {
  const dir = await tempDir();
  // Below a file nobody can make a directory, root included.
  await writeFile(join(dir, 'file'), '');
  await writeFile(join(dir, 'c.yaml'), `database:\n  dataSource: ${dir}/file/x/edgecore.db\n`);
  await expect(loadConfig(join(dir, 'c.yaml'))).rejects.toThrow(
    new RegExp(
      `database\\.dataSource \\(line 2\\): DataSource: Invalid value: "${dir}/file/x/edgecore\\.db": create DataSoure dir ${dir}/file/x error`,
    ),
  );
  await writeFile(join(dir, 'c.yaml'), `database:\n  dataSource: ${dir}/new/x/edgecore.db\n`);
  await loadConfig(join(dir, 'c.yaml'));
  // Looking at a configuration makes nothing.
  await expect(access(join(dir, 'new'))).rejects.toMatchObject({ code: 'ENOENT' });
});
