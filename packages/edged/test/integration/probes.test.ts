import { eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness } from '../support/harness.js';

const describeDocker = await withDocker();

describeDocker('checklist: probes, hooks, messages', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start();
  });
  afterAll(() => fixture.close());

  const running = ({ phase }: { phase: string }) => phase === 'Running';
  const sh = (script: string) => ({ command: ['sh', '-c', script] });
  const ready = (status: { conditions: readonly { type: string; status: string }[] }) =>
    status.conditions.find(({ type }) => type === 'Ready')?.status === 'True';

  test('#75 a failing liveness probe restarts the container', async () => {
    const pod = fixture.pod({
      ...sh('touch /tmp/alive; sleep 2; rm /tmp/alive; sleep 600'),
      livenessProbe: {
        exec: { command: ['test', '-e', '/tmp/alive'] },
        periodSeconds: 1,
        failureThreshold: 2,
        initialDelaySeconds: 1,
      },
    });
    await edged.insert(pod);
    const status = await edged.until(
      pod,
      (now) => containerOf(now).restartCount === 1 && containerOf(now).ready,
    );
    expect(containerOf(status).lastState.terminated?.exitCode).toBe(137);
    const reasons = edged.events
      .filter((event) => event.pod.metadata.uid === pod.metadata.uid)
      .map(({ reason }) => reason);
    expect(reasons.indexOf('Unhealthy')).toBeLessThan(reasons.indexOf('Killing'));
  });

  test('#76 readiness by HTTP: not ready, then ready, without a restart', async () => {
    const pod = fixture.pod({
      ports: [{ name: 'web', containerPort: 8080 }],
      ...sh('mkdir /www; httpd -p 8080 -h /www; sleep 600'),
      readinessProbe: { httpGet: { path: '/ok', port: 'web' }, periodSeconds: 1 },
    });
    await edged.insert(pod);
    const before = await edged.until(pod, running);
    expect(before.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [c]',
    });
    await eventually(() =>
      edged.events.some(({ message }) => message.includes('HTTP probe failed with statuscode: 404')),
    );
    await fixture.exec(pod, 'touch', '/www/ok');
    const after = await edged.until(pod, ready);
    expect(containerOf(after)).toMatchObject({ ready: true, restartCount: 0 });
  });

  test('#77 a startup probe keeps liveness away', async () => {
    const pod = fixture.pod({
      ...sh('sleep 3; touch /tmp/up; sleep 600'),
      startupProbe: { exec: { command: ['test', '-e', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 20 },
      livenessProbe: { exec: { command: ['test', '-e', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 1 },
    });
    await edged.insert(pod);
    const before = await edged.until(pod, (now) => containerOf(now).state.running !== undefined);
    expect(containerOf(before)).toMatchObject({ started: false, ready: false });
    const after = await edged.until(pod, (now) => containerOf(now).started === true);
    expect(containerOf(after).restartCount).toBe(0);
  });

  test('#78 readiness by TCP and a named port', async () => {
    const pod = fixture.pod({
      ports: [{ name: 'web', containerPort: 8080 }],
      ...sh('httpd -p 8080 -h /; sleep 600'),
      readinessProbe: { tcpSocket: { port: 'web' }, periodSeconds: 1 },
    });
    await edged.insert(pod);
    await edged.until(pod, ready);
  });

  test('#79 a failing postStart hook kills the container', async () => {
    const pod = fixture.pod({ lifecycle: { postStart: { exec: { command: ['false'] } } } });
    await edged.insert(pod);
    await edged.until(pod, (now) => containerOf(now).state.waiting?.reason === 'PostStartHookError');
    expect(edged.events.map(({ reason }) => reason)).toContain('FailedPostStartHook');
  });

  test('#82 #83 termination messages', async () => {
    const written = fixture.pod(sh('echo -n because >/dev/termination-log; exit 1'), {
      restartPolicy: 'Never',
    });
    const long = fixture.pod(sh('yes x | head -c 5000 >/dev/termination-log'), { restartPolicy: 'Never' });
    const logged = fixture.pod(
      { ...sh('echo it broke; exit 1'), terminationMessagePolicy: 'FallbackToLogsOnError' },
      { restartPolicy: 'Never' },
    );
    for (const pod of [written, long, logged]) await edged.insert(pod);
    const first = await edged.until(written, ({ phase }) => phase === 'Failed');
    expect(containerOf(first).state.terminated?.message).toBe('because');
    const second = await edged.until(long, ({ phase }) => phase === 'Succeeded');
    expect(containerOf(second).state.terminated?.message).toHaveLength(4096);
    const third = await edged.until(logged, ({ phase }) => phase === 'Failed');
    expect(containerOf(third).state.terminated?.message).toBe('it broke\n');
  });

  test('#85 readiness gates', async () => {
    const pod = fixture.pod({}, { readinessGates: [{ conditionType: 'x' }] });
    await edged.insert(pod);
    const before = await edged.until(pod, running);
    expect(before.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ReadinessGatesNotReady',
    });
    const condition = { type: 'x', status: 'True', lastProbeTime: null, lastTransitionTime: null } as const;
    await edged.update({ ...pod, status: { conditions: [condition] } });
    const after = await edged.until(pod, ready);
    expect(after.conditions.map(({ type }) => type)).not.toContain('x');
  });
});
