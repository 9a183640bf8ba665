import { createBus } from '@edgecore/beehive';
import { EdgeHub } from '@edgecore/edgehub';
import { eventually } from '@edgecore/testing';
import type { Transport } from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';
import { hubOptions } from '../../src/assembly/hub-options.js';
import { fixture, parse, said, V1, V2 } from './fixtures.js';

/** config.md §11, the examples that are about the loader; the numbers are the specification's. */
describe('acceptance', () => {
  test('1: the default file of 2020 loads, only its misprinted port is mentioned', () => {
    const { config, problems } = parse(fixture('default-v1alpha1'));
    expect(problems.map(({ path, severity }) => [severity, path])).toEqual([
      ['warning', 'modules.edgeStream.server'],
    ]);
    expect(config).toMatchObject({
      node: { name: 'edge-1', ip: '192.0.2.10' },
      cloudProfile: '2020',
      edgeHub: { server: '192.0.2.10:10000', projectId: 'e632aba927ea4ac2b575ec1603d56f10' },
      edgeStream: { server: '127.0.0.1:10004', enabled: false },
      edgeMesh: { enabled: true },
    });
  });

  test('1: the default file of today loads without a warning', () => {
    expect(said(fixture('default-v1alpha2'))).toEqual([]);
    expect(parse(fixture('default-v1alpha2')).config).toMatchObject({
      node: { name: 'edge-1', ip: '' },
      cloudProfile: 'current',
      edgeMesh: { enabled: false },
    });
  });

  test.each(['v1alpha1', 'v1alpha2'])('1: the hub it dials with the default file of %s', async (version) => {
    const dialled: string[] = [];
    const transport: Transport = {
      dial: async ({ url }) => {
        dialled.push(url);
        throw new Error('no such cloud');
      },
    };
    const options = hubOptions(parse(fixture(`default-${version}`)).config!, '/nowhere/token');
    // The node has no certificate for the address of the example: the path is looked at without TLS,
    // which nothing in a configuration can turn off.
    expect(options).not.toHaveProperty('useTls');
    const bus = createBus().add(new EdgeHub({ ...options, transport, useTls: false }), { when: 'never' });
    bus.start();
    await eventually(() => dialled.length > 0);
    await bus.stop();
    expect(dialled[0]).toBe('ws://192.0.2.10:10000/e632aba927ea4ac2b575ec1603d56f10/edge-1/events');
  });

  test('2: keys in any case; a mode outside 0–2 names path and line', () => {
    expect(said(`${V2}modules:\n  eventbus:\n    mqttmode: 9\n`)).toEqual([
      'error modules.eventBus.mqttMode:5 Mode: Invalid value: 9: Mode need in [0,2] range',
    ]);
  });

  test('3: durations are nanoseconds in one format and strings in the other', () => {
    expect(said(`${V1}modules: {edged: {volumeStatsAggPeriod: 1m}}`)[0]).toMatch(
      /^error modules\.edged\.volumeStatsAggPeriod:3 expected integer nanoseconds/,
    );
    expect(said(`${V2}modules: {edged: {tailoredKubeletConfig: {syncFrequency: 60}}}`)[0]).toMatch(
      /^error modules\.edged\.tailoredKubeletConfig\.syncFrequency:3 expected a duration string/,
    );
  });

  test('4: maps are merged into their defaults', () => {
    const text = `${V2}modules: {edged: {tailoredKubeletConfig: {evictionHard: {memory.available: 50Mi}}}}`;
    expect(parse(text).config?.edged.eviction.hard).toEqual({
      'imagefs.available': '15%',
      'imagefs.inodesFree': '5%',
      'memory.available': '50Mi',
      'nodefs.available': '10%',
      'nodefs.inodesFree': '5%',
    });
  });

  test('5: node names', () => {
    const name = (format: string, value: string) => `${format}modules: {edged: {hostnameOverride: ${value}}}`;
    expect(parse(name(V2, '123')).config?.node.name).toBe('123');
    expect(said(name(V2, 'Foo_Bar'))[0]).toMatch(
      /^error modules\.edged\.hostnameOverride:3 HostnameOverride: Invalid value: "Foo_Bar": a lowercase RFC 1123 subdomain/,
    );
    expect(said(name(V1, 'Foo'))[0]).toMatch(/^warning modules\.edged\.hostnameOverride:3 /);
    expect(parse(name(V1, 'Foo')).config?.node.name).toBe('Foo');
  });

  test.each([
    ['both off', 'websocket: {enable: false}'],
    ['both on', 'quic: {enable: true}'],
  ])('6: websocket and quic %s is one error', (_, keys) => {
    const errors = said(`${V2}modules: {edgeHub: {${keys}}}`);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('enable: Invalid value: ');
    expect(errors[0]).toContain('websocket.enable and quic.enable cannot be true and false at the same time');
  });

  test('7: a key of the other format is called that', () => {
    expect(said(`${V1}modules: {edged: {tailoredKubeletConfig: {maxPods: 3}}}`)).toEqual([
      'warning modules.edged.tailoredKubeletConfig:3 unknown key, ignored: it belongs to v1alpha2, this file is v1alpha1',
    ]);
  });

  test('8: keys of 2020 in a file of today do nothing, the mesh section does', () => {
    const old = `${V2}modules: {edged: {runtimeType: docker}, metaManager: {podStatusSyncInterval: 30}}`;
    expect(said(old)).toHaveLength(2);
    expect(said(old).every((line) => line.includes('it belongs to v1alpha1'))).toBe(true);
    expect(parse(V2).config?.edgeMesh.enabled).toBe(false);
    const without = (text: string) => ({ ...parse(text).config, cloudProfile: undefined });
    expect(without(old)).toEqual(without(V2));
    const mesh = parse(`${V2}modules: {edgeMesh: {}}`);
    expect(mesh.config?.edgeMesh).toMatchObject({ enabled: true, listenPort: 40001 });
    expect(mesh.problems).toEqual([
      expect.objectContaining({ severity: 'info', path: 'modules.edgeMesh', line: 3 }),
    ]);
  });

  test('9: a null section is an error, an empty file is all defaults', () => {
    expect(said(`${V2}modules: {edged: null}`)[0]).toMatch(/^error modules\.edged:3 the section is null/);
    expect(said('')).toEqual([
      expect.stringMatching(/^warning :- no apiVersion, the file is read as v1alpha2/),
    ]);
    expect(parse('').config).toEqual({ ...parse(V2).config });
  });
});
