import type { KubeObject } from '@edgecore/api';
import { describe, expect, test } from '@jest/globals';
import { MANIFEST_ANNOTATION, planManifests } from '../src/manifests/manifest-plan.js';
import { parseManifest } from '../src/manifests/parse-manifest.js';
import { Kinds } from '../src/objects/kinds.js';
import { defaultPod } from '../src/objects/pod-defaults.js';
import type { StoredObject } from '../src/objects/stored-object.js';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: main
      image: busybox:1
`;
const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {k: v}\n';

describe('reading a file', () => {
  test('many documents, comments and empty ones', () => {
    const objects = parseManifest(`# two\n---\n${POD}---\n---\n${MAP}`, 'f.yaml');
    expect(objects.map(({ kind, object, line }) => [kind.kind, object.metadata?.name, line])).toEqual([
      ['Pod', 'web', 3],
      ['ConfigMap', 'cm', 13],
    ]);
  });

  test('JSON, indented with tabs, and lists', () => {
    const list = {
      kind: 'List',
      apiVersion: 'v1',
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }],
    };
    expect(parseManifest(JSON.stringify(list, null, '\t'), 'f.json')).toHaveLength(1);
    expect(parseManifest('', 'empty.yaml')).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    [
      'a tab',
      POD.replace('  name: web', '\tname: web'),
      /^f\.yaml:4: indented with a tab; YAML needs spaces$/,
    ],
    ['broken YAML', 'kind: [Pod\nmetadata: x\n', /^f\.yaml:\d+: /],
    [
      'an unknown kind',
      `${POD}---\n${MAP.replace('ConfigMap', 'Banana')}`,
      /^f\.yaml:10: kind Banana is not known here/,
    ],
    [
      'a missing name',
      POD.replace('  name: web\n', '  labels: {}\n'),
      /^f\.yaml:1: metadata.name of a Pod is missing$/,
    ],
    ['a text', 'just a text', /^f\.yaml:1: an object must be a mapping/],
  ])('%s gives one line with file and line', (_what, text, message) => {
    try {
      parseManifest(text, 'f.yaml');
    } catch (error) {
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain('\n');
      expect(error).toMatchObject({ code: 'ERR_MANIFEST', file: 'f.yaml' });
      return;
    }
    throw new Error('it was read');
  });
});

describe('the plan', () => {
  const stored = (object: KubeObject, file?: string, extra: object = {}): StoredObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      name: object.metadata!.name!,
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: 't',
      ...(file ? { annotations: { [MANIFEST_ANNOTATION]: file } } : {}),
      ...extra,
    },
  });
  const [pod] = parseManifest(POD, 'f.yaml');
  const [changed] = parseManifest(POD.replace('name: main', 'name: other'), 'f.yaml');
  const [newImage] = parseManifest(POD.replace('busybox:1', 'busybox:2'), 'f.yaml');
  const running = stored(defaultPod(pod!.object), 'f.yaml');
  const plan = (files: Record<string, (typeof pod)[]>, current: StoredObject[], broken: string[] = []) =>
    planManifests({
      files: new Map(Object.entries(files)) as never,
      brokenFiles: new Set(broken),
      current: current.map((object) => ({ kind: Kinds.pod, object })),
      completePod: defaultPod,
    }).map((step) => step.do);

  test.each<[string, Record<string, (typeof pod)[]>, StoredObject[], string[], string[]]>([
    ['a new object is applied', { 'f.yaml': [pod] }, [], [], ['apply']],
    ['an image changes in place', { 'f.yaml': [newImage] }, [running], [], ['apply']],
    ['another spec means delete first', { 'f.yaml': [changed] }, [running], [], ['delete']],
    [
      'what is on its way out is waited for',
      { 'f.yaml': [changed] },
      [stored(running, 'f.yaml', { deletionTimestamp: 't' })],
      [],
      [],
    ],
    ['a removed file takes its objects away', {}, [running], [], ['delete']],
    ['a broken file changes nothing', {}, [running], ['f.yaml'], []],
    ['what no file brought stays', {}, [stored(defaultPod(pod!.object))], [], []],
    ['an object in two files counts once', { 'a.yaml': [pod], 'b.yaml': [newImage] }, [], [], ['apply']],
    ['an object moved to another file stays', { 'g.yaml': [pod] }, [running], [], ['apply']],
  ])('%s', (_what, files, current, broken, steps) => expect(plan(files, current, broken)).toEqual(steps));
});
