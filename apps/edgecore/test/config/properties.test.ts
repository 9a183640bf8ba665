import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseDuration } from '../../src/config/duration.js';
import { withoutToken } from '../../src/config/token-file.js';
import { parse } from './fixtures.js';

/** Keys that mean something, so that random documents reach deep. */
const KEYS = [
  'apiVersion',
  'kind',
  'modules',
  'edged',
  'edgeHub',
  'websocket',
  'server',
  'heartbeat',
  'token',
  'tailoredKubeletConfig',
  'evictionHard',
  'database',
  'edgecoreTs',
  'cloudProfile',
];

const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('value'), { maxKeys: 5 }),
  ),
})).value;

describe('whatever the file holds', () => {
  test('no text makes the loader throw, and without errors there is a configuration', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          document.map((value) => stringify(value)),
        ),
        (text) => {
          const { config, problems } = parse(text);
          const failed = problems.some(({ severity }) => severity === 'error');
          expect(config === undefined).toBe(failed);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a secret never shows in what is said about the file', () => {
    const secret = fc.stringMatching(/^s3cret[a-z0-9.]{3,20}$/);
    fc.assert(
      fc.property(secret, fc.constantFrom('x', ['x'], { x: 'x' }), (token, shape) => {
        const value = JSON.parse(
          JSON.stringify(shape)
            .replace('"x"', JSON.stringify(token))
            .replace(/x(?=":)/, 'a'),
        );
        const text = stringify({ modules: { edgeHub: { token: value }, eventBus: { mqttPassword: value } } });
        const { problems, keys } = parse(text);
        expect(JSON.stringify([problems, keys])).not.toContain('s3cret');
      }),
    );
  });

  test('taking the token out changes nothing else', () => {
    const printable = fc.stringMatching(/^[a-z0-9 #:'"-]{0,20}$/);
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), printable), printable, (others, token) => {
        const before = { other: others, modules: { edgeHub: { ...others, token }, edged: others } };
        const after = withoutToken(stringify(before));
        if (token === '') expect(after).toBeUndefined();
        else {
          const plain = (text: string) => parse(text).problems.map(({ path }) => path);
          expect(after).toBe(stringify(before).replace(/^( {4}token: )(.*)$/m, '$1""'));
          expect(plain(after!)).toBeDefined();
        }
      }),
    );
  });
});

test('durations: what Go writes is read back', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seconds) => {
      const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
      expect(parseDuration(`${h}h${m}m${s}s`)).toBe(seconds * 1000);
    }),
  );
  for (const wrong of ['', '5', 's', '1x', '1m 30s', '-', '1.2.3s'])
    expect(parseDuration(wrong)).toBeUndefined();
});
