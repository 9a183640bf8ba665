import { describe, expect, test } from '@jest/globals';
import { pullError } from '../../src/docker/images/pull-error.js';
import { readPull } from '../../src/docker/images/pull-stream.js';
import { registryAuthHeader } from '../../src/docker/images/registry-auth.js';

async function* stream(...messages: object[]): AsyncGenerator<Buffer> {
  for (const message of messages) yield Buffer.from(`${JSON.stringify(message)}\r\n`);
}

describe("a pull's answer", () => {
  test('is read to its end, and a failure in it is found', async () => {
    const failed = stream(
      { status: 'Pulling from a' },
      { error: 'short', errorDetail: { message: 'manifest unknown' } },
      { status: 'x' },
    );
    expect(await readPull(failed, () => {})).toBe('manifest unknown');
    expect(await readPull(stream({ error: 'short' }), () => {})).toBe('short');
    expect(await readPull(stream({ status: 'Status: Downloaded newer image' }), () => {})).toBeUndefined();
  });

  test('retries of the engine are no progress', async () => {
    let progress = 0;
    await readPull(
      stream(
        { status: 'Downloading' },
        { status: 'Retrying in 5 seconds' },
        { status: 'Retrying in 4 seconds' },
      ),
      () => progress++,
    );
    expect(progress).toBe(1);
  });
});

describe('credentials', () => {
  const read = (header: string) => JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as object;

  test('are sent as the engine reads them', () => {
    const header = registryAuthHeader({
      username: 'u',
      password: 'pä?>~',
      serverAddress: 'r:5000',
      email: 'e',
    });
    expect(header).toMatch(/^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$/);
    expect(read(header)).toEqual({ username: 'u', password: 'pä?>~', serveraddress: 'r:5000', email: 'e' });
  });

  test('are taken out of auth when only that is given', () => {
    const auth = Buffer.from('user:pass:word').toString('base64');
    expect(read(registryAuthHeader({ auth, serverAddress: 's' }))).toEqual({
      username: 'user',
      password: 'pass:word',
      serveraddress: 's',
    });
  });
});

describe('reasons', () => {
  test.each([
    'received unexpected HTTP status: 503 Service Unavailable',
    'Get "http://10.0.0.1:5000/v2/": dial tcp 10.0.0.1:5000: connect: connection refused',
    'Get "https://r/v2/": net/http: TLS handshake timeout',
    'Get "https://r/v2/": dial tcp 10.0.0.1:443: i/o timeout',
  ])('%s: the registry is down', (text) => {
    const error = pullError('r/x:1', text);
    expect(error.reason).toBe('RegistryUnavailable');
    expect(error.message).toBe(`image pull failed for r/x:1 because the registry is unavailable. ${text}`);
  });

  test.each([
    'manifest for r/x:1 not found: manifest unknown: manifest unknown',
    'Get "https://r/v2/x/manifests/1": no basic auth credentials',
    'pull access denied for r/x, repository does not exist',
    'Get "https://registry.invalid/v2/": dial tcp: lookup registry.invalid: no such host',
  ])("%s: the engine's text", (text) => {
    expect(pullError('r/x:1', text)).toMatchObject({ reason: 'ErrImagePull', message: text });
  });
});
