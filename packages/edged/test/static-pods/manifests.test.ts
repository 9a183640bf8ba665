import { describe, expect, test } from '@jest/globals';
import { Manifests } from '../../src/static-pods/manifests.js';

const text = (name: string, image = 'busybox:1') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec: {containers: [{name: c, image: "${image}"}]}\n`;

describe('what the manifest files say', () => {
  const create = () => {
    const problems: string[] = [];
    const manifests = new Manifests({
      nodeName: 'n',
      now: () => 0,
      onProblem: (path, error) => problems.push(`${path}: ${error}`),
    });
    const update = (files: Record<string, string>) =>
      manifests.update(Object.entries(files).map(([path, content]) => ({ path, text: content })));
    return { manifests, problems, update };
  };

  test('a file that became bad keeps its last good pod, and is told once per content', () => {
    const { manifests, problems, update } = create();
    const [first, other] = update({ a: text('a'), b: text('b') });
    expect(update({ a: 'nonsense: [', b: text('b') })).toEqual([first, other]);
    update({ a: 'nonsense: [', b: text('b') });
    expect(problems).toHaveLength(1);
    expect(manifests.hasUnknown).toBe(false);
    update({ a: 'kind: Service', b: text('b') });
    expect(problems).toHaveLength(2);
    expect(update({ b: text('b') })).toEqual([other]);
  });

  test('bad from the start: what its pod was is unknown until it is corrected or gone', () => {
    const { manifests, update } = create();
    update({ a: 'kind: Service', b: text('b') });
    expect(manifests.hasUnknown).toBe(true);
    update({ a: text('a'), b: text('b') });
    expect(manifests.hasUnknown).toBe(false);
    update({ a: 'kind: Service' });
    update({});
    expect(manifests.hasUnknown).toBe(false);
  });

  test('a change of layout is none, one of content is a new pod', () => {
    const { update } = create();
    const [first] = update({ a: text('a') });
    expect(update({ a: `# hello\n${text('a')}` })[0]).toBe(first);
    expect(update({ a: text('a', 'busybox:2') })[0]?.metadata.uid).not.toBe(first?.metadata.uid);
  });

  test('two files with one pod: the first runs, the second is told', () => {
    const { problems, update } = create();
    for (let round = 0; round < 2; round++) expect(update({ a: text('x'), b: text('x') })).toHaveLength(1);
    expect(problems).toEqual(['b: its pod default/x-n is already run from a']);
    expect(update({ b: text('x') })).toHaveLength(1);
  });

  test('a file that cannot be read is a bad one', () => {
    const { manifests, problems } = create();
    expect(manifests.update([{ path: 'a', error: 'EACCES: no' }])).toEqual([]);
    expect(problems).toEqual(['a: EACCES: no']);
  });
});
