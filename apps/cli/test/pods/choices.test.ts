import { describe, expect, test } from '@jest/globals';
import { type ListedPod, pickContainer, pickPod } from '../../src/pods/find-pod.js';
import { logQuery } from '../../src/pods/log-options.js';
import { parsePodName } from '../../src/pods/pod-name.js';
import { parseAddresses, parsePortPair } from '../../src/pods/port-pairs.js';
import { exitCodeOf } from '../../src/pods/remote-status.js';
import { formatNodeUsage, formatPodUsage } from '../../src/pods/top-table.js';
import { nodeUsage, podUsages, type StatsSummary } from '../../src/pods/usage.js';
import { rewriteUpstreamFlags } from '../../src/upstream-flags.js';

const pod = (annotations?: Record<string, string>): ListedPod => ({
  metadata: { namespace: 'shop', name: 'web', ...(annotations && { annotations }) },
  spec: {
    containers: [{ name: 'main' }, { name: 'side' }],
    initContainers: [{ name: 'setup' }],
    ephemeralContainers: [{ name: 'debug' }],
  },
});

describe('which pod', () => {
  test.each([
    ['web', undefined, 'default', 'web'],
    ['shop/web', undefined, 'shop', 'web'],
    ['shop/web', 'shop', 'shop', 'web'],
    ['pod/web', 'shop', 'shop', 'web'],
    ['web', 'shop', 'shop', 'web'],
  ])('%s with -n %s', (text, option, namespace, name) => {
    expect(parsePodName(text, option)).toEqual({ namespace, name });
  });

  test.each(['', '/web', 'shop/', 'a/b/c'])('"%s" is none', (text) => {
    expect(() => parsePodName(text, undefined)).toThrow('give POD, or NAMESPACE/POD');
  });

  test('two namespaces at once', () => {
    expect(() => parsePodName('shop/web', 'other')).toThrow('in namespace shop, --namespace says other');
  });

  test('one that is not there: what is', () => {
    expect(pickPod([pod()], { namespace: 'shop', name: 'web' })).toEqual(pod());
    const missing = (pods: ListedPod[], name: string) => () => pickPod(pods, { namespace: 'default', name });
    expect(missing([pod()], 'web')).toThrow(/"default\/web" not found on this node; .*: -n shop$/);
    expect(missing([pod()], 'nope')).toThrow('"default/nope" not found on this node; it has shop/web');
    expect(missing([], 'nope')).toThrow('it has no pods');
  });
});

describe('which container', () => {
  const names = 'main, side, debug (ephem), setup (init)';

  test('the first, and it is said; the annotated one; the one asked for', () => {
    expect(pickContainer(pod(), undefined)).toEqual({
      container: { name: 'main' },
      note: `Defaulted container "main" out of: ${names}`,
    });
    const annotated = pod({ 'kubectl.kubernetes.io/default-container': 'side' });
    expect(pickContainer(annotated, undefined)).toEqual({ container: { name: 'side' } });
    const wrong = pod({ 'kubectl.kubernetes.io/default-container': 'gone' });
    expect(pickContainer(wrong, undefined).container.name).toBe('main');
    expect(pickContainer(pod(), 'setup')).toEqual({ container: { name: 'setup' } });
  });

  test('one that is not there: what is', () => {
    expect(() => pickContainer(pod(), 'x')).toThrow(`container "x" not found in pod "web"; it has ${names}`);
  });
});

describe('options of logs', () => {
  test.each([
    [{}, ''],
    [{ tail: '-1' }, ''],
    [{ tail: '0' }, 'tailLines=0'],
    [{ follow: true, previous: true, timestamps: true }, 'follow=true&previous=true&timestamps=true'],
    [{ since: '1h30m' }, 'sinceSeconds=5400'],
    [{ since: '1500ms' }, 'sinceSeconds=2'],
    [{ since: '0.5m' }, 'sinceSeconds=30'],
    [{ sinceTime: '2026-11-23T08:00:00Z' }, 'sinceTime=2026-11-23T08%3A00%3A00Z'],
    [{ limitBytes: '10' }, 'limitBytes=10'],
  ])('%j', (options, query) => {
    expect(logQuery(options).toString()).toBe(query);
  });

  test.each([
    [{ tail: 'abc' }, '--tail abc is not a whole number of 0 or more'],
    [{ tail: '-2' }, '--tail -2'],
    [{ limitBytes: '0' }, '--limit-bytes 0 is not a whole number of 1 or more'],
    [{ since: '5' }, '--since 5 is no duration, such as 90s'],
    [{ since: '0s' }, '--since 0s is no duration'],
    [{ since: 'm5' }, '--since m5'],
    [{ sinceTime: 'yesterday' }, '--since-time yesterday is no time of RFC 3339'],
    [{ sinceTime: '2026-13-40T08:00:00Z' }, '--since-time'],
    [{ since: '5m', sinceTime: '2026-11-23T08:00:00Z' }, 'only one of the two'],
  ])('%j is refused', (options, message) => {
    expect(() => logQuery(options)).toThrow(message);
  });
});

describe('ports', () => {
  test.each([
    ['80', 80, 80],
    ['8080:80', 8080, 80],
    [':80', 0, 80],
    ['0:65535', 0, 65_535],
  ])('%s', (text, local, remote) => {
    expect(parsePortPair(text)).toEqual({ local, remote });
  });

  test.each(['', ':', '80:', '0', '8080:0', '65536', '65536:80', 'http', '1:2:3', '-1'])(
    '"%s" is none',
    (text) => {
      expect(() => parsePortPair(text)).toThrow('is no pair of ports');
    },
  );

  test('addresses', () => {
    expect(parseAddresses('localhost, 127.0.0.1,10.0.0.1')).toEqual(['127.0.0.1', '::1', '10.0.0.1']);
    expect(() => parseAddresses(' ,')).toThrow('--address is empty');
  });
});

describe('how a command ended', () => {
  const failure = (reason: string, causes: object[]) =>
    JSON.stringify({ status: 'Failure', message: 'why', reason, details: { causes } });

  test('exit codes', () => {
    expect(exitCodeOf('{"metadata":{},"status":"Success"}')).toBe(0);
    expect(exitCodeOf(failure('NonZeroExitCode', [{ reason: 'ExitCode', message: '137' }]))).toBe(137);
  });

  test.each([
    [failure('InternalError', [{ message: 'x' }]), 'why'],
    [failure('NonZeroExitCode', [{ reason: 'ExitCode', message: 'many' }]), 'why'],
    ['null', 'the node said: null'],
    ['not JSON', 'the node said: not JSON'],
  ])('%s is no exit code', (text, message) => {
    expect(() => exitCodeOf(text)).toThrow(message);
  });
});

test('the configuration file before the command does not get among the words after --', () => {
  const argv = ['--config', 'e.yaml', 'exec', 'web', '--', 'ls', '--config'];
  expect(rewriteUpstreamFlags(argv, { defaultConfig: undefined }).argv).toEqual([
    'exec',
    'web',
    '--config',
    'e.yaml',
    '--',
    'ls',
    '--config',
  ]);
});

describe('usage', () => {
  const figures = (usageNanoCores: number, workingSetBytes: number) => ({
    cpu: { usageNanoCores },
    memory: { workingSetBytes, availableBytes: 3 * workingSetBytes },
  });
  const summary: StatsSummary = {
    node: { nodeName: 'edge', ...figures(500_000_001, 1024 ** 3) },
    pods: [
      {
        podRef: { namespace: 'shop', name: 'web' },
        ...figures(1, 5 * 1024 ** 2 - 1),
        containers: [{ name: 'c', ...figures(1, 2 * 1024 ** 2) }],
      },
      { podRef: { namespace: 'default', name: 'new' }, containers: [] },
    ],
  };

  test('pods as kubectl shows them', () => {
    const all = podUsages(summary, undefined);
    expect(formatPodUsage(all, { namespaces: true, containers: false }).split('\n')).toEqual([
      'NAMESPACE  NAME  CPU(cores)  MEMORY(bytes)',
      'default    new   <unknown>   <unknown>',
      'shop       web   1m          4Mi',
    ]);
    const shop = podUsages(summary, 'shop');
    expect(formatPodUsage(shop, { namespaces: false, containers: true }).split('\n')).toEqual([
      'POD  NAME  CPU(cores)  MEMORY(bytes)',
      'web  c     1m          2Mi',
    ]);
  });

  test('the node, in parts of the machine', () => {
    expect(formatNodeUsage(nodeUsage(summary, 2)).split('\n')).toEqual([
      'NAME  CPU(cores)  CPU(%)  MEMORY(bytes)  MEMORY(%)',
      'edge  501m        25%     1024Mi         25%',
    ]);
  });
});
