import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { eventually, withDocker } from '@edgecore/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { podPatch } from '../../src/report/pod-patch.js';
import { DockerFixture } from '../support/docker-fixture.js';
import { containerOf, type Harness, type PodObject, running } from '../support/harness.js';
import { HealthServer, healthFrame } from '../support/health-server.js';
import { applyPatch } from '../support/strategic-merge.js';
import { THROW_AWAY_TLS } from '../support/throw-away-tls.js';

const describeDocker = await withDocker();

describeDocker('checklist: probes, hooks, messages', () => {
  let fixture: DockerFixture;
  let edged: Harness;

  beforeAll(async () => {
    fixture = await DockerFixture.create();
    edged = await fixture.start();
  });
  afterAll(() => fixture.close());

  const sh = (script: string) => ({ command: ['sh', '-c', script] });
  const eventsOf = (pod: PodObject) =>
    edged.events
      .filter((event) => event.pod.metadata.uid === pod.metadata.uid)
      .map(({ reason, message }) => `${reason}: ${message}`);
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
    expect((await fixture.inspect(pod, 'c', 1)).State.Running).toBe(true);
    expect(status.phase).toBe('Running');
    const told = eventsOf(pod);
    const killing = told.findIndex((event) => event.startsWith('Killing: '));
    expect(
      told.slice(0, killing).filter((event) => event.startsWith('Unhealthy: Liveness probe failed')),
    ).toHaveLength(2);
    expect(told[killing]).toContain('failed liveness probe, will be restarted');
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
    expect(containerOf(after).containerID).toBe(`docker://${(await fixture.inspect(pod)).Id}`);
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
    expect((await fixture.inspect(pod)).State.Running).toBe(true);
    expect(eventsOf(pod).filter((event) => event.includes('Liveness'))).toEqual([]);
  });

  test('#78 readiness by TCP and a named port', async () => {
    const pod = fixture.pod({
      ports: [{ name: 'web', containerPort: 8080 }],
      ...sh('until [ -e /listen ]; do sleep 0.1; done; httpd -p 8080 -h /; sleep 600'),
      readinessProbe: { tcpSocket: { port: 'web' }, periodSeconds: 1 },
    });
    await edged.insert(pod);
    await eventually(() => eventsOf(pod).some((event) => event.includes('Readiness probe failed')));
    expect(ready(edged.status(pod)!)).toBe(false);
    await fixture.exec(pod, 'touch', '/listen');
    await edged.until(pod, ready);
  });

  test('#78 gRPC: readiness of one service, liveness of the server', async () => {
    const server = new HealthServer();
    // On the node's address, which is that of a pod with the host's network.
    const port = await server.listen('127.0.0.1');
    const own = await DockerFixture.create();
    const node = await own.start({ nodeIps: () => ['127.0.0.1'] });
    try {
      const status = { web: 2, '': 1 };
      server.answer = ({ body }) => ({
        body: healthFrame(status[body === '0000000000' ? '' : 'web']),
        grpcStatus: 0,
      });
      const pod = own.pod(
        {
          ...sh('trap "exit 0" TERM; sleep 600 & wait $!'),
          readinessProbe: { grpc: { port, service: 'web' }, periodSeconds: 1 },
          livenessProbe: { grpc: { port }, periodSeconds: 1, failureThreshold: 2 },
        },
        { hostNetwork: true },
      );
      await node.insert(pod);
      await node.until(pod, running);
      const unhealthy = (text: string) =>
        eventually(() =>
          node.events.some(({ reason, message }) => reason === 'Unhealthy' && message.startsWith(text)),
        );
      await unhealthy('Readiness probe failed: service unhealthy (responded with "NOT_SERVING")');
      expect(ready(node.status(pod)!)).toBe(false);
      status.web = 1;
      expect(containerOf(await node.until(pod, ready)).restartCount).toBe(0);

      // Nobody answers any more: the container is not alive.
      await server.close();
      await unhealthy(`Liveness probe failed: error: failed to connect service at "127.0.0.1:${port}": `);
      const after = await node.until(pod, (now) => containerOf(now).restartCount === 1);
      expect(containerOf(after).containerID).toBe(`docker://${(await own.inspect(pod, 'c', 1)).Id}`);
    } finally {
      await own.close();
      await server.close().catch(() => undefined);
    }
  });

  test('#78 HTTPS: readiness, whoever signed the certificate', async () => {
    let code = 500;
    const server = createServer(THROW_AWAY_TLS, (_request, response) => response.writeHead(code).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const pod = fixture.pod({
      readinessProbe: { httpGet: { scheme: 'HTTPS', host: '127.0.0.1', port }, periodSeconds: 1 },
    });
    try {
      await edged.insert(pod);
      await edged.until(pod, running);
      await eventually(() =>
        eventsOf(pod).some((event) => event.includes('HTTP probe failed with statuscode: 500')),
      );
      expect(ready(edged.status(pod)!)).toBe(false);
      code = 204;
      await edged.until(pod, ready);
    } finally {
      server.close();
    }
  });

  test('#79 a failing postStart hook kills the container', async () => {
    const pod = fixture.pod({ lifecycle: { postStart: { exec: { command: ['false'] } } } });
    await edged.insert(pod);
    await edged.until(pod, (now) => containerOf(now).state.waiting?.reason === 'PostStartHookError');
    expect(eventsOf(pod).join('\n')).toMatch(/FailedPostStartHook: /);
    // Killed, and then held back like any crash.
    const held = await edged.until(
      pod,
      (now) => containerOf(now).state.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(containerOf(held).lastState.terminated?.exitCode).toBe(137);
    const dead = await fixture.inspect(pod, 'c', containerOf(held).restartCount);
    expect(dead.State).toMatchObject({ Running: false, ExitCode: 137 });
  });

  test('#82 #83 termination messages', async () => {
    const written = fixture.pod(sh('echo -n because >/dev/termination-log; exit 1'), {
      restartPolicy: 'Never',
    });
    const long = fixture.pod(sh('seq 10000 19999 | head -c 5000 >/dev/termination-log'), {
      restartPolicy: 'Never',
    });
    const logged = fixture.pod(
      { ...sh('echo it broke; exit 1'), terminationMessagePolicy: 'FallbackToLogsOnError' },
      { restartPolicy: 'Never' },
    );
    for (const pod of [written, long, logged]) await edged.insert(pod);
    const first = await edged.until(written, ({ phase }) => phase === 'Failed');
    expect(containerOf(first).state.terminated?.message).toBe('because');
    const second = await edged.until(long, ({ phase }) => phase === 'Succeeded');
    const numbers = Array.from({ length: 1000 }, (_, n) => `${10_000 + n}\n`).join('');
    expect(containerOf(second).state.terminated?.message).toBe(numbers.slice(0, 5000).slice(-4096));
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
    const held = edged.edged.pods().find((one) => one.pod.metadata.uid === pod.metadata.uid)!.pod;
    const { status: own } = podPatch(held, after, { podIPs: false, hostIPs: false });
    const { status } = applyPatch({ status: { conditions: [condition] } }, { status: own });
    expect(status.conditions).toContainEqual(condition);
    expect(ready(status)).toBe(true);
  });
});
