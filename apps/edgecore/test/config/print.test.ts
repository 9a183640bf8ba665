import { describe, expect, test } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { configDocument, printConfig } from '../../src/config/index.js';
import { fixture, host, parse, said } from './fixtures.js';

const versions = ['v1alpha1', 'v1alpha2'] as const;
const kinds = ['default', 'min'] as const;
const body = (text: string) => text.replace(/^(#.*\n){3}\n/, '').trimEnd();

describe('printed files (config.md §10, L8)', () => {
  test.each(versions.flatMap((version) => kinds.map((kind) => [kind, version] as const)))(
    '%s %s: three comment lines, a blank line, YAML, two blank lines; loads without warnings',
    (kind, version) => {
      const text = printConfig(kind, version, host);
      expect(text).toMatch(/^(# .+\n){3}\n[^\n#]/);
      expect(text).toMatch(/[^\n]\n\n\n$/);
      expect(said(text)).toEqual([]);
    },
  );

  test('the default of today is upstream’s, byte for byte', () => {
    expect(body(printConfig('default', 'v1alpha2', host))).toBe(fixture('default-v1alpha2').trimEnd());
  });

  test('the default of 2020 is upstream’s but for the misprinted port', () => {
    expect(body(printConfig('default', 'v1alpha1', host))).toBe(
      fixture('default-v1alpha1').replace('127.0.0.1:✔', '127.0.0.1:10004').trimEnd(),
    );
  });

  test('the minimal file of 2020 is upstream’s, byte for byte', () => {
    expect(body(printConfig('min', 'v1alpha1', host))).toBe(fixture('min-v1alpha1').trimEnd());
  });

  test('the minimal file of today is upstream’s with the modules left on', () => {
    const upstream = fixture('min-v1alpha2').replace(/^( {4}enable:) false$/gm, '$1 true');
    expect(body(printConfig('min', 'v1alpha2', host))).toBe(upstream.trimEnd());
  });

  test.each(versions)('%s: the minimal file enables what the default enables', (version) => {
    const enabled = (kind: 'default' | 'min') => {
      const { config } = parse(printConfig(kind, version, host));
      return Object.entries(config!).map(([name, part]) => [name, (part as { enabled?: boolean })?.enabled]);
    };
    expect(enabled('min')).toEqual(enabled('default'));
  });

  test.each(['arm', 'arm64'])('the minimal file of 2020 names the pause image of %s', (arch) => {
    const document = configDocument('min', 'v1alpha1', { ...host, arch });
    expect(document).toHaveProperty('modules.edged.podSandboxImage', `kubeedge/pause-${arch}:3.1`);
  });

  test('both parse to the same as any other YAML reader sees', () => {
    for (const version of versions) {
      expect(parseYaml(printConfig('default', version, host))).toEqual(
        configDocument('default', version, host),
      );
    }
  });
});
