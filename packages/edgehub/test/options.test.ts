import { describe, expect, test } from '@jest/globals';
import { EdgeHub, type EdgeHubOptions } from '../src/index.js';
import { resolveOptions } from '../src/options.js';

const GOOD: EdgeHubOptions = {
  nodeName: 'edge-01',
  server: '10.0.0.1:10000',
  httpServer: 'https://10.0.0.1:10002',
};

describe('options (edgehub.md §1, §11.18)', () => {
  test.each([
    [{ nodeName: '' }, 'nodeName: must not be empty'],
    [{ nodeName: 'a/b' }, 'nodeName: "a/b" is not a node name'],
    [{ nodeName: 'a\r\nX: y' }, 'is not a node name'],
    [{ heartbeatMs: 0 }, 'heartbeatMs: 0 is not above 0 and below 30000'],
    [{ heartbeatMs: 30_000 }, 'heartbeatMs: 30000 is not above 0'],
    [{ heartbeatMs: Number.NaN }, 'heartbeatMs: NaN'],
    [{ messageQps: -1 }, 'messageQps: -1 must not be a negative number'],
    [{ messageQps: 30, messageBurst: -1 }, 'messageBurst: -1 must not be a negative number'],
    [{ server: '10.0.0.1' }, 'server: "10.0.0.1" is not <host>:<port>'],
    [{ server: 'wss://10.0.0.1:10000' }, 'is not <host>:<port>'],
    [{ server: 'cloud:99999' }, 'is not <host>:<port>'],
    [{ httpServer: 'http://10.0.0.1:10002' }, 'httpServer: "http://10.0.0.1:10002" is not an https URL'],
    [{ httpServer: '10.0.0.1' }, 'is not an https URL'],
    [{ cloudProfile: '1.23' as 'auto' }, 'cloudProfile: cloudProfile must be auto, 2020 or current'],
    [{ queueBytes: 0 }, 'queueBytes: 0 is not above 0'],
  ])('%j is refused', (wrong, message) => {
    expect(() => new EdgeHub({ ...GOOD, ...wrong })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  test('a rate of 0 would stop everything: the default and a warning', () => {
    const { rateLimit, warnings } = resolveOptions({ ...GOOD, messageQps: 0, messageBurst: 0 });
    expect(rateLimit).toEqual({ qps: 30, burst: 60 });
    expect(warnings).toEqual([
      'messageBurst is 0, which would let no message through; 60 is used',
      'messageQps is 0, which would let no message through; 30 is used',
    ]);
  });

  test('defaults', () => {
    expect(resolveOptions({ ...GOOD, projectId: '' })).toMatchObject({
      projectId: 'e632aba927ea4ac2b575ec1603d56f10',
      cloudProfile: 'auto',
      heartbeatMs: 15_000,
      livenessTimeoutMs: 45_000,
      rateLimit: undefined,
      queueMessages: 10_000,
      queueBytes: 67_108_864,
      warnings: [],
    });
  });

  test.each(['cloud.example.com:10000', '[fd00::1]:10000', 'localhost:1'])('server %s', (server) => {
    expect(resolveOptions({ ...GOOD, server }).server).toBe(server);
  });

  test('with a configured profile the link has it from the start, with auto none', () => {
    expect(new EdgeHub({ ...GOOD, cloudProfile: '2020' }).link.profile?.name).toBe('2020');
    expect(new EdgeHub(GOOD).link.profile).toBeUndefined();
  });
});
