import { MutableCloudLink } from '@edgecore/api';
import { MetaManager } from '@edgecore/metamanager';
import { eventually } from '@edgecore/testing';
import { describe, expect, test } from '@jest/globals';
import { errStatus, pod, startRig } from './support.js';

describe('options', () => {
  test.each([
    ['podStatusSyncIntervalMs', 0],
    ['podStatusSyncIntervalMs', Number.NaN],
    ['remoteQueryTimeoutMs', 0],
    ['maxValueBytes', -1],
    ['maxInHand', 0],
  ])('%s %d is refused', async (option, value) => {
    const { store } = await startRig();
    const link = new MutableCloudLink();
    expect(() => new MetaManager({ store, link, [option]: value })).toThrow(RangeError);
  });

  test('name and group', async () => {
    const { metaManager, store } = await startRig();
    expect(metaManager).toMatchObject({ name: 'metamanager', group: 'meta' });
    const idle = new MetaManager({ store, link: new MutableCloudLink(), name: 'other' });
    expect(idle.name).toBe('other');
    expect(idle.health()).toMatchObject({ state: 'starting' });
  });
});

describe('a lost database (wire §5.6)', () => {
  test('is told at start, with what to do', async () => {
    const { writeFileSync } = await import('node:fs');
    const { tempDir } = await import('@edgecore/testing');
    const path = `${await tempDir()}/edgecore.db`;
    writeFileSync(path, 'not a database, but long enough to be looked at as one '.repeat(100));
    const rig = await startRig({ path, nodeName: 'edge-1' });
    const hint = await eventually(() => rig.complaints.find(({ level }) => level === 'error'));
    expect(hint.text).toContain('kubectl delete node edge-1');
    expect(hint.fields['movedTo']).toContain('.damaged-');
  });

  test('is told once when a new database meets a node that exists', async () => {
    const content = { Object: null, Err: errStatus('AlreadyExists', 409) };
    const rig = await startRig({ cloud: 'current', nodeName: 'edge-1', answer: () => ({ content }) });
    const insert = { operation: 'insert', resource: 'null/node/edge-1', content: pod('edge-1') };
    await rig.request(insert);
    await rig.request(insert);
    const hints = rig.complaints.filter(({ text }) => text.includes('kubectl delete node edge-1'));
    expect(hints).toHaveLength(1);
  });

  test('is not told when nothing was lost', async () => {
    const first = await startRig({ cloud: 'current' });
    const { path } = first.store;
    await first.stop();
    await first.store.close();
    const content = { Object: null, Err: errStatus('AlreadyExists', 409) };
    const rig = await startRig({ cloud: 'current', path, answer: () => ({ content }) });
    await rig.request({ operation: 'insert', resource: 'null/node/n', content: pod('n') });
    expect(rig.complaints).toEqual([]);
  });
});
