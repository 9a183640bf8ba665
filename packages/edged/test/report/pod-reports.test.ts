import { profile2020, profileCurrent } from '@edgecore/api';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ContainerStatus, Pod, PodStatus } from '../../src/kube-types.js';
import { settled } from '../support/fake-clock.js';
import { FakeCloud, failure, notFound, OFFLINE, SILENCE } from '../support/fake-cloud.js';

const UID = '530351a5-cde7-4505-8cd5-3278601902a0';
const STATUS = 'update default/podstatus/web';
const PATCH = 'patch default/podpatch/web';
const DELETE = 'delete default/pod/web';

const pod = (fields: object = {}): Pod => ({
  metadata: { uid: UID, name: 'web', namespace: 'default', ...fields },
  spec: { containers: [{ name: 'c' }] },
});
const dying = pod({ deletionTimestamp: '2026-11-23T08:00:00Z' });

const container = (state: ContainerStatus['state'], ready: boolean): ContainerStatus => ({
  name: 'c',
  state,
  lastState: {},
  ready,
  restartCount: 0,
  image: 'busybox:1.35',
  imageID: '',
  started: ready,
});
const running = container({ running: { startedAt: '2026-11-23T08:00:00Z' } }, true);
const ended = container({ terminated: { exitCode: 0, startedAt: null, finishedAt: null } }, false);

const status = (
  phase: PodStatus['phase'],
  containers: readonly ContainerStatus[] = [running],
): PodStatus => ({
  phase,
  conditions: [
    {
      type: 'ContainersReady',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2026-11-23T08:00:00Z',
    },
    { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-11-23T08:00:00Z' },
  ],
  ...(containers.length > 0 && { containerStatuses: containers }),
});
const final = status('Succeeded', [ended]);

let cloud: FakeCloud;
afterEach(() => cloud.stop());

async function start(profile: '2020' | 'current' | 'undecided') {
  cloud = new FakeCloud(profile, { registerNode: false, nodeStatusPeriodMs: 1e9, leaseDurationSeconds: 4e6 });
  cloud.held.set(UID, dying);
  cloud.node = { metadata: { name: 'n1', uid: 'node' } };
  return cloud.start();
}
/** What went up about pods. */
const routes = () => cloud.routes().filter((route) => /\/(podstatus|podpatch|pod)\//.test(route));
const reports = () => cloud.sent.filter(({ resource }) => /\/(podstatus|podpatch|pod)\//.test(resource));

describe.each([
  ['2020', STATUS],
  ['current', PATCH],
] as const)('pod statuses, %s', (profile, route) => {
  test('the same status twice is one message; the latest within 200 ms wins (acceptance 5)', async () => {
    await start(profile);
    cloud.reporter.podStatus(pod(), status('Pending'));
    await cloud.clock.advance(199);
    cloud.reporter.podStatus(pod(), status('Running'));
    expect(routes()).toEqual([]);
    await cloud.clock.advance(1);
    expect(routes()).toEqual([route]);
    expect(JSON.stringify(reports()[0]!.content)).toContain('Running');
    cloud.reporter.podStatus(pod({ labels: { a: 'b' } }), status('Running'));
    await cloud.clock.advance(60_000);
    expect(routes()).toEqual([route]);
  });

  test('at most one in flight; then the newest', async () => {
    await start(profile);
    cloud.script = ({ resource }) =>
      resource.includes('podp') || resource.includes('pods') ? SILENCE : undefined;
    cloud.reporter.podStatus(pod(), status('Pending'));
    await cloud.clock.advance(200);
    cloud.reporter.podStatus(pod(), status('Unknown'));
    await cloud.clock.advance(1000);
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(1000);
    expect(routes()).toEqual([route]);
    cloud.script = () => undefined;
    cloud.answer(reports()[0]!);
    await settled();
    expect(routes()).toEqual([route, route]);
    expect(JSON.stringify(reports()[1]!.content)).toContain('Running');
  });

  test('offline it is kept by MetaManager and not sent again for that (acceptance 9)', async () => {
    await start(profile);
    cloud.script = () => OFFLINE;
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(60_000);
    cloud.script = () => undefined;
    cloud.link.set({ connected: false });
    cloud.link.set({ connected: true });
    await cloud.clock.advance(60_000);
    expect(routes()).toEqual([route]);
    expect(cloud.gone).toEqual([]);
  });

  test('refused: again with back-off, until it is taken', async () => {
    await start(profile);
    let refusals = 0;
    cloud.script = ({ resource }) =>
      resource.endsWith('/web') && ++refusals <= 3 ? failure('Internal', 500) : undefined;
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(600_000);
    const [first, ...rest] = reports();
    expect(rest.map(({ at }) => (at - first!.at) / 1000)).toEqual([10, 30, 70]);
  });

  test('a pod the cloud does not know: the pod half is told once, nothing more is sent', async () => {
    await start(profile);
    cloud.script = () => notFound;
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(1000);
    cloud.reporter.podStatus(pod(), status('Pending'));
    await cloud.clock.advance(60_000);
    expect(cloud.gone).toEqual([UID]);
    expect(routes()).toEqual([route]);
  });

  test('a newer object of that uid: reported again', async () => {
    await start(profile);
    cloud.script = () => notFound;
    cloud.reporter.podStatus(pod({ resourceVersion: '1' }), status('Running'));
    await cloud.clock.advance(1000);
    cloud.script = () => undefined;
    cloud.reporter.podStatus(pod({ resourceVersion: '2' }), status('Running'));
    await cloud.clock.advance(1000);
    expect(routes()).toEqual([route, route]);
  });

  test('never for a uid that is not held, or was forgotten', async () => {
    await start(profile);
    cloud.held.clear();
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(1000);
    cloud.held.set(UID, pod());
    cloud.reporter.podStatus(pod(), status('Pending'));
    cloud.reporter.podForgotten(UID);
    await cloud.clock.advance(60_000);
    expect(routes()).toEqual([]);
  });

  test('a final status of a pod being deleted waits for the end of its clean-up (acceptance 8)', async () => {
    await start(profile);
    cloud.reporter.podStatus(dying, final);
    await cloud.clock.advance(60_000);
    expect(routes()).toEqual([]);
    cloud.reporter.podTerminated(dying, final);
    await settled();
    expect(routes()[0]).toBe(route);
  });
});

describe('undecided and changing clouds', () => {
  test('undecided: kept here until the profile is known', async () => {
    await start('undecided');
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(10_000);
    expect(cloud.sent).toEqual([]);
    cloud.link.set({ profile: profile2020 });
    await settled();
    expect(routes()).toEqual([STATUS]);
  });

  test('another cloud gets the status in its own form', async () => {
    await start('2020');
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(200);
    cloud.link.set({ profile: profileCurrent });
    await settled();
    expect(routes()).toEqual([STATUS, PATCH]);
  });

  test.each([
    'Operation cannot be fulfilled: the UID in the precondition (a) does not match the UID in record (b).',
    'Precondition failed: UID in precondition: a, UID in object meta: b',
  ])('another uid of that name means gone: %s', async (message) => {
    await start('current');
    cloud.script = () => ({ Object: null, Err: failure('Conflict', 409, message) });
    cloud.reporter.podStatus(pod(), status('Running'));
    await cloud.clock.advance(1000);
    expect(cloud.gone).toEqual([UID]);
  });
});

describe('deletion handshake, legacy', () => {
  test('one final status; the delete message only when nothing comes of it', async () => {
    await start('2020');
    cloud.reporter.podTerminated(dying, final);
    await cloud.clock.advance(9999);
    expect(routes()).toEqual([STATUS]);
    await cloud.clock.advance(1);
    expect(routes()).toEqual([STATUS, STATUS, DELETE]);
    expect(reports()[2]!.content).toBe(UID);
    cloud.reporter.podForgotten(UID);
    await cloud.clock.advance(600_000);
    expect(routes()).toHaveLength(3);
  });

  test('a pod that never had a container: the uid at once, no status', async () => {
    await start('2020');
    cloud.reporter.podTerminated(dying, status('Failed', []));
    await settled();
    expect(routes()).toEqual([DELETE]);
    expect(reports()[0]).toMatchObject({ source: 'edged', group: 'meta', content: UID });
  });

  test('its final status was told before it was deleted: the delete message at once', async () => {
    await start('2020');
    cloud.reporter.podStatus(pod(), final);
    await cloud.clock.advance(200);
    cloud.reporter.podTerminated(dying, final);
    await settled();
    expect(routes()).toEqual([STATUS, DELETE]);
  });
});

describe('deletion handshake, modern', () => {
  test('the patch, its answer, then delete with the uid as precondition; repeated with back-off', async () => {
    await start('current');
    cloud.script = ({ resource }) => (resource === 'default/podpatch/web' ? SILENCE : undefined);
    cloud.reporter.podTerminated(dying, final);
    await cloud.clock.advance(5000);
    expect(routes()).toEqual([PATCH]);
    cloud.script = () => undefined;
    cloud.answer(reports()[0]!);
    await settled();
    expect(routes()).toEqual([PATCH, DELETE]);
    expect(reports()[1]!.content).toEqual({ gracePeriodSeconds: 0, preconditions: { uid: UID } });
    await cloud.clock.advance(30_000);
    expect(routes()).toEqual([PATCH, DELETE, PATCH, DELETE, PATCH, DELETE]);
    cloud.reporter.podForgotten(UID);
    await cloud.clock.advance(600_000);
    expect(routes()).toHaveLength(6);
  });

  test('a pod that is gone meanwhile ends it', async () => {
    await start('current');
    cloud.script = () => ({ Object: null, Err: notFound });
    cloud.reporter.podTerminated(dying, final);
    await cloud.clock.advance(600_000);
    expect(routes()).toEqual([PATCH]);
    expect(cloud.gone).toEqual([UID]);
  });

  test('offline: both are handed over once, repeated only some time after the next connection', async () => {
    await start('current');
    cloud.link.set({ connected: false });
    cloud.script = () => OFFLINE;
    cloud.reporter.podTerminated(dying, final);
    await cloud.clock.advance(7 * 24 * 3600_000);
    expect(routes()).toEqual([PATCH, DELETE]);
    cloud.script = () => undefined;
    cloud.link.set({ connected: true });
    await cloud.clock.advance(9999);
    expect(routes()).toHaveLength(2);
    await cloud.clock.advance(1);
    expect(routes()).toEqual([PATCH, DELETE, PATCH, DELETE]);
  });

  test('a refused patch is repeated before any delete', async () => {
    await start('current');
    let refused = false;
    cloud.script = () => {
      if (refused) return undefined;
      refused = true;
      return { Object: null, Err: {} };
    };
    cloud.reporter.podTerminated(dying, final);
    await cloud.clock.advance(9999);
    expect(routes()).toEqual([PATCH]);
    await cloud.clock.advance(1);
    expect(routes()).toEqual([PATCH, PATCH, DELETE]);
  });

  test('handed over before the module runs (a restart): done when it does', async () => {
    cloud = new FakeCloud('current', { registerNode: false });
    cloud.held.set(UID, dying);
    cloud.reporter.podTerminated(dying, final);
    await cloud.start();
    expect(routes()).toEqual([PATCH, DELETE]);
  });
});
