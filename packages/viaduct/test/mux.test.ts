import { createMessage } from '@edgecore/beehive';
import { compileResource, Mux } from '@edgecore/viaduct';
import { describe, expect, test } from '@jest/globals';

describe('resource patterns', () => {
  test.each<[string, string, Record<string, string> | undefined]>([
    ['*', 'anything/at/all', {}],
    ['node', 'node', {}],
    ['node', 'node/edge-1', {}],
    ['node', 'nodes', undefined],
    ['{ns}/pod/{name}', 'default/pod/web', { ns: 'default', name: 'web' }],
    ['{ns}/pod/{name}', 'default/pod/web/status', { ns: 'default', name: 'web' }],
    ['{ns}/pod/{name}', 'default/secret/web', undefined],
    ['device/{id:*}/twin', 'device/a/b/twin', { id: 'a/b' }],
    ['{kind:pod|secret}/{n:[0-9]+}', 'secret/12', { kind: 'secret', n: '12' }],
    ['{kind:pod|secret}/{n:[0-9]+}', 'secret/x', undefined],
    ['{a:(x)(y)}/{b}', 'xy/z', { a: 'xy', b: 'z' }],
    ['a.b', 'axb', undefined],
  ])('%s on %s', (pattern, resource, params) => {
    expect(compileResource(pattern)(resource)).toEqual(params);
  });

  test('a broken expression is refused when the entry is made', () => {
    expect(() => new Mux().handle({ resource: '{a:(}' }, () => {})).toThrow(SyntaxError);
  });
});

describe('dispatch', () => {
  test('the first match wins and no match is no error', async () => {
    const seen: string[] = [];
    const mux = new Mux()
      .handle(
        { operation: 'update', resource: '{ns}/pod/{name}' },
        ({ params }) => void seen.push(`pod ${params['name']}`),
      )
      .handle({ resource: '{ns}/{type}/{name}' }, ({ params }) => void seen.push(`any ${params['type']}`));
    const send = (operation: string, resource: string) =>
      mux.dispatch(createMessage({ operation, resource }));
    expect(await send('update', 'default/pod/web')).toBe(true);
    expect(await send('delete', 'default/pod/web')).toBe(true);
    expect(await send('update', 'node')).toBe(false);
    expect(seen).toEqual(['pod web', 'any pod']);
  });

  test('a filter that throws drops the message', async () => {
    const seen: string[] = [];
    const mux = new Mux()
      .use(({ operation }) => {
        if (operation === 'evil') throw new Error('no');
      })
      .handle({ resource: '*' }, ({ message }) => void seen.push(message.operation));
    await expect(mux.dispatch(createMessage({ operation: 'evil' }))).rejects.toThrow('no');
    await mux.dispatch(createMessage({ operation: 'good' }));
    expect(seen).toEqual(['good']);
  });
});
