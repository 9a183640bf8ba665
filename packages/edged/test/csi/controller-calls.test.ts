import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, tempDir } from '@edgecore/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/ports/clock.js';
import { FakeDriver, failing, registrar } from '../support/csi/fake-driver.js';
import { FakeRuntime } from '../support/fake-runtime.js';
import { Harness } from '../support/harness.js';

describe("the cloud's calls of a CSI driver (edged.md §14, wire.md D23 and U23)", () => {
  let driver: FakeDriver;
  let plugin: Awaited<ReturnType<typeof registrar>>;
  let edged: Harness;

  const start = async (name = 'csi-hostpath', csiControllerDriver?: string) => {
    const directory = await tempDir('csi-');
    driver = await new FakeDriver({ directory }).start();
    edged = new Harness({
      runtime: new FakeRuntime(systemClock),
      directory,
      cgroupsPerQos: false,
      csiTimeoutMs: 1000,
      ...(csiControllerDriver && { csiControllerDriver }),
    });
    mkdirSync(join(directory, 'root/plugins_registry'), { recursive: true });
    plugin = await registrar(join(directory, 'root/plugins_registry/reg.sock'), {
      type: 'CSIPlugin',
      name,
      endpoint: driver.socket,
      supportedVersions: ['1.0.0'],
    });
    await eventually(() => plugin.statuses.length > 0);
  };
  afterEach(async () => {
    await edged.stop();
    await plugin.stop();
    await driver.stop();
  });
  const call = async (operation: string, content: unknown) =>
    (await edged.request(operation, 'default/volume/0a1b', content)).content as string;
  const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

  test('createvolume: the request reaches the driver whole, the answer is Go’s JSON in base64', async () => {
    await start();
    driver.handlers['CreateVolume'] = () => ({
      volume: {
        volumeId: 'vol-1',
        capacityBytes: '1073741824',
        volumeContext: { b: '<2>', a: '1&\u2028' },
        contentSource: { snapshot: { snapshotId: 's' } },
        accessibleTopology: [{ segments: { zone: 'z' } }],
      },
    });
    const request = {
      name: 'pvc-1',
      capacityRange: { requiredBytes: '1073741824' },
      volumeCapabilities: [{ mount: { fsType: 'ext4' }, accessMode: { mode: 'SINGLE_NODE_WRITER' } }],
      parameters: { tier: 'fast' },
      secrets: { user: 'u' },
      accessibilityRequirements: { preferred: [{ segments: { zone: 'z' } }] },
      fieldOfTheFuture: true,
    };
    const answer = await call('createvolume', JSON.stringify(request));
    expect(text(answer)).toBe(
      '{"volume":{"capacity_bytes":1073741824,"volume_id":"vol-1",' +
        '"volume_context":{"a":"1\\u0026\\u2028","b":"\\u003c2\\u003e"},' +
        '"content_source":{"Type":{"Snapshot":{"snapshot_id":"s"}}},' +
        '"accessible_topology":[{"segments":{"zone":"z"}}]}}',
    );
    expect(answer).toBe(Buffer.from(text(answer)).toString('base64'));
    const { fieldOfTheFuture: _, ...known } = request;
    expect(driver.requests.at(-1)).toMatchObject(known);
  });

  test('the request as an object, and as JSON in JSON', async () => {
    await start();
    driver.handlers['CreateVolume'] = ({ name }) => ({ volume: { volumeId: String(name) } });
    for (const content of [{ name: 'n' }, '{"name":"n"}', JSON.stringify('{"name":"n"}')]) {
      expect(text(await call('createvolume', content))).toBe('{"volume":{"volume_id":"n"}}');
    }
  });

  test.each([
    ['deletevolume', { volumeId: 'v' }, 'DeleteVolume v', {}, '{}'],
    ['controllerunpublishvolume', { volumeId: 'v', nodeId: 'n' }, 'ControllerUnpublishVolume v', {}, '{}'],
    [
      'controllerpublishvolume',
      { volumeId: 'v', nodeId: 'n', readonly: true, volumeContext: { a: 'b' } },
      'ControllerPublishVolume v',
      { publishContext: { device: 'sda' } },
      '{"publish_context":{"device":"sda"}}',
    ],
  ])('%s', async (operation, request, expected, response, answer) => {
    await start();
    driver.handlers[expected.split(' ')[0]!] = () => response;
    expect(text(await call(operation, JSON.stringify(request)))).toBe(answer);
    expect(driver.calls.at(-1)).toBe(expected);
    expect(driver.requests.at(-1)).toMatchObject(request);
  });

  test.each([
    ['not JSON', '{', /createvolume failed: the request is not JSON/],
    ['nothing', null, /createvolume failed: the request must be an object/],
    ['a list', [], /the request must be an object/],
    [
      'a wrong type',
      { capacityRange: { requiredBytes: 'much' } },
      /capacityRange.requiredBytes must be a whole number/,
    ],
    [
      'an unknown mode',
      { volumeCapabilities: [{ accessMode: { mode: 'ALL' } }] },
      /accessMode.mode must be one of UNKNOWN/,
    ],
    ['both members of a oneof', { volumeCapabilities: [{ block: {}, mount: {} }] }, /only one of them/],
  ])('%s is answered with a text', async (_, content, expected) => {
    await start();
    await expect(call('createvolume', content)).rejects.toThrow(expected);
    expect(driver.calls).not.toContain('CreateVolume');
  });

  test('what the driver says is told; one that hangs is given up', async () => {
    await start();
    driver.handlers['CreateVolume'] = failing(8, 'disk full');
    await expect(call('createvolume', '{"name":"x"}')).rejects.toThrow(
      'createvolume failed: rpc error: code = ResourceExhausted desc = disk full',
    );
    driver.handlers['DeleteVolume'] = () => new Promise(() => {});
    await expect(call('deletevolume', '{"volumeId":"x"}')).rejects.toThrow(/code = DeadlineExceeded/);
  });

  test('another driver when told so; none is a text at once', async () => {
    await start('disk.example.org', 'disk.example.org');
    expect(text(await call('deletevolume', '{"volumeId":"x"}'))).toBe('{}');
    await plugin.stop();
    await eventually(async () => {
      const failed = await call('deletevolume', '{"volumeId":"x"}').catch((error: Error) => error.message);
      return failed.includes('CSI driver disk.example.org is not registered on this node');
    });
  });
});
