import { describe, expect, test } from '@jest/globals';
import { rewriteUpstreamFlags } from '../src/upstream-flags.js';

const rewrite = (argv: string[], defaultConfig?: string) => rewriteUpstreamFlags(argv, { defaultConfig });

describe('command lines of the Go program', () => {
  test.each([
    [
      ['--config', 'f'],
      ['start', '--config', 'f'],
    ],
    [
      ['--config=f', '--v=4'],
      ['start', '--config', 'f', '--log-level', 'debug'],
    ],
    [
      ['-v', '6', '--config=f'],
      ['start', '--config', 'f', '--log-level', 'trace'],
    ],
    [
      ['--config', 'f', 'config', 'check', '--strict'],
      ['config', 'check', '--strict', '--config', 'f'],
    ],
    [
      ['--defaultconfig=false', '--config', 'f'],
      ['start', '--config', 'f'],
    ],
    [['--minconfig=true'], ['config', 'min']],
    [
      ['--minconfig', '--config', 'f', '--api', 'v1alpha1'],
      ['config', 'min', '--api', 'v1alpha1'],
    ],
    [
      ['--config=f', '--defaultconfig', '--config=g'],
      ['config', 'default'],
    ],
    [['--version=raw'], ['version', '--json']],
    [
      ['--config', 'f', '--allow-unsupported'],
      ['start', '--config', 'f', '--allow-unsupported'],
    ],
    [['doctor'], ['doctor']],
    [['--help'], ['--help']],
    [[], ['--help']],
  ])('%j → %j', (argv, expected) => {
    expect(rewrite(argv).argv).toEqual(expected);
  });

  test('a service file without flags starts with the usual file', () => {
    expect(rewrite([], '/etc/kubeedge/config/edgecore.yaml').argv).toEqual([
      'start',
      '--config',
      '/etc/kubeedge/config/edgecore.yaml',
    ]);
  });

  test('logging flags are taken, with a word that they do nothing', () => {
    const { argv, notes } = rewrite(['--logtostderr=false', '--log-file', '/x', '--config', 'f']);
    expect(argv).toEqual(['start', '--config', 'f']);
    expect(notes).toHaveLength(2);
  });
});
