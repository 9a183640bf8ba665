import { describe, expect, test } from '@jest/globals';
import { applySetting, type ConfigDocument, configDocument } from '../../src/config/index.js';
import { host } from './fixtures.js';

function set(...settings: string[]): ConfigDocument {
  const document = configDocument('default', 'v1alpha2', host);
  for (const setting of settings) applySetting(document, 'v1alpha2', setting);
  return document;
}

describe('--set (config.md §8, acceptance 17)', () => {
  test('several settings, in one or more flags', () => {
    const document = set(
      'modules.edged.hostnameOverride=n2',
      'modules.edgeHub.heartbeat=20,modules.eventBus.mqttRetain=true',
    );
    expect(document).toMatchObject({
      modules: {
        edged: { hostnameOverride: 'n2' },
        edgeHub: { heartbeat: 20 },
        eventBus: { mqttRetain: true },
      },
    });
  });

  test.each([
    ['modules.edged.hostnameOverride=123', 'modules.edged.hostnameOverride', '123'],
    ['modules.edgeHub.projectID="a,b=c"', 'modules.edgeHub.projectID', 'a,b=c'],
    ['Modules.Edged.HostnameOverride=n3', 'modules.edged.hostnameOverride', 'n3'],
    [
      'modules.edged.tailoredKubeletConfig.clusterDNS={10.0.0.1,10.0.0.2}',
      'modules.edged.tailoredKubeletConfig.clusterDNS',
      ['10.0.0.1', '10.0.0.2'],
    ],
    ['modules.edged.nodeLabels={a:b,c:d}', 'modules.edged.nodeLabels', { a: 'b', c: 'd' }],
    [
      'modules.edged.tailoredKubeletConfig.registerWithTaints={{key:a,effect:NoSchedule}}',
      'modules.edged.tailoredKubeletConfig.registerWithTaints',
      [{ key: 'a', effect: 'NoSchedule' }],
    ],
  ])('%s', (setting, path, value) => {
    expect(set(setting)).toHaveProperty(path, value);
  });

  test('entries of a map, keys with dots included', () => {
    const kubelet = 'modules.edged.tailoredKubeletConfig';
    const document = set(
      `${kubelet}.evictionHard.memory.available=50Mi,${kubelet}.evictionHard.pid.available=5%`,
    );
    expect(document).toMatchObject({
      modules: {
        edged: {
          tailoredKubeletConfig: {
            evictionHard: {
              'memory.available': '50Mi',
              'pid.available': '5%',
              'nodefs.available': '10%',
            },
          },
        },
      },
    });
  });

  test.each([
    [
      'modules.edgeHub.hartbeat=1',
      /unknown key "modules\.edgeHub\.hartbeat", did you mean modules\.edgeHub\.heartbeat/,
    ],
    ['modules.edged.runtimeType=docker', /belongs to v1alpha1/],
    ['modules.edgeHub.heartbeat=abc', /expected an integer/],
    ['modules.edgeHub.heartbeat.x=1', /has no parts/],
    ['modules.edgeHub=1', /is a section/],
    ['modules.edgeHub.projectID=a=b', /quote it/],
    ['modules.edgeHub.heartbeat', /expected path=value/],
  ])('%s is an error', (setting, message) => {
    expect(() => set(setting)).toThrow(message);
  });

  test('a wrong item leaves the document as it was', () => {
    const document = configDocument('default', 'v1alpha2', host);
    const before = structuredClone(document);
    expect(() =>
      applySetting(document, 'v1alpha2', 'modules.edgeHub.heartbeat=9,modules.edgeHub.nope=1'),
    ).toThrow();
    expect(document).toEqual(before);
  });
});
