import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createProcessRuntime } from '@edgecore/container-runtime';
import { eventually, golden, tempDir } from '@edgecore/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Harness, podObject } from '../support/harness.js';
import { ServerFixture } from '../support/server-fixture.js';

interface RecordedAnswer {
  readonly request: string;
  readonly responseHead: readonly string[];
  readonly bodyText?: string;
  readonly bodyJSON?: Record<string, unknown>;
}

const recorded = (request: string) =>
  golden('2020', 'edged-http.jsonl').find((line) => line['request'] === request) as unknown as RecordedAnswer;

describe("edged's HTTP server", () => {
  let fixture: ServerFixture;

  beforeAll(async () => {
    fixture = await ServerFixture.start();
    await fixture.run('i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); done; sleep 600', {
      name: 'golden-logs',
    });
    await eventually(async () =>
      (await fixture.get('/containerLogs/default/golden-logs/c')).body.includes('line 4'),
    );
  });
  afterAll(() => fixture.close());

  test.each([
    ['/healthz', 200, 'ok'],
    ['/healthz/ping', 200, 'ok'],
    ['/healthz/syncloop', 200, 'ok'],
    ['/containerLogs/default/nope/main', 404, 'pod "nope" does not exist'],
    ['/containerLogs/default/golden-logs/zzz', 404, 'container "zzz" not found in pod "golden-logs"'],
    ['/containerLogs/default/golden-logs/c?tailLines=abc', 400, '{"message": "Unable to decode query."}'],
    ['/containerLogs/default/golden-logs/c?sinceTime=noon', 400, '{"message": "Unable to decode query."}'],
    ['/containerLogs/default/golden-logs/c?stream=stdout', 400, '{"message": "Unable to decode query."}'],
    ['/containerLogs/default/golden-logs/c?tailLines=-1', 422, '{"message": "Invalid request."}'],
    ['/containerLogs/default/golden-logs/c?limitBytes=0', 422, '{"message": "Invalid request."}'],
    ['/containerLogs/default/golden-logs/c?sinceSeconds=0', 422, '{"message": "Invalid request."}'],
    [
      '/containerLogs/default/golden-logs/c?sinceSeconds=5&sinceTime=2026-11-23T08:00:00Z',
      422,
      '{"message": "Invalid request."}',
    ],
    [
      '/containerLogs/default/golden-logs/c?previous=true',
      400,
      'previous terminated container "c" in pod "golden-logs" not found',
    ],
    ['/exec/default/golden-logs/c', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ['/exec/default/nope/c?output=1', 404, 'pod does not exist'],
    ['/attach/default/nope/some-uid/c?output=1', 404, 'pod does not exist'],
    ['/portForward/default/nope', 404, 'pod does not exist'],
    ['/nope', 404, '404 page not found\n'],
    ['/stats/container', 404, '404: Page Not Found'],
    ['/exec/default/%ff/c?output=1', 400, '"%ff" is not percent-encoded text'],
  ])('%s answers %i', async (path, status, body) => {
    const answer = await fixture.get(path);
    expect(answer).toMatchObject({ status, body });
    const isUntyped = body.startsWith('previous');
    expect(answer.headers['content-type']).toBe(isUntyped ? undefined : 'text/plain; charset=utf-8');
  });

  test('the recorded answers are given: same status, same kind of body', async () => {
    for (const [was, path] of [
      ['GET /healthz', '/healthz'],
      [
        'GET /containerLogs/default/golden-logs/main?tailLines=2',
        '/containerLogs/default/golden-logs/c?tailLines=2',
      ],
      ['GET /containerLogs/default/golden-logs/nope', '/containerLogs/default/golden-logs/nope'],
      ['GET /containerLogs/default/nope/main', '/containerLogs/default/nope/main'],
      ['GET /exec/default/golden-logs/main', '/exec/default/golden-logs/c'],
      ['GET /nope', '/nope'],
    ] as const) {
      const { responseHead, bodyText } = recorded(was);
      const answer = await fixture.get(path);
      expect(responseHead[0]).toContain(` ${answer.status} `);
      const types = responseHead.filter((line) => line.startsWith('Content-Type'));
      expect(types[0]?.split(': ')[1]).toBe(answer.headers['content-type']);
      expect(answer.body.replace(/\d+/g, '0')).toBe(bodyText!.replace(/\d+/g, '0'));
    }
    const pods = JSON.parse((await fixture.get('/pods')).body);
    const before = recorded('GET /pods').bodyJSON!;
    expect(Object.keys(pods)).toEqual(Object.keys(before));
    expect(pods.items[0]).toMatchObject({
      kind: 'Pod',
      metadata: { name: 'golden-logs' },
      status: { phase: 'Running' },
    });
  });

  test('running pods are those of the engine', async () => {
    const { items } = JSON.parse((await fixture.get('/runningpods/')).body);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      metadata: { name: 'golden-logs', namespace: 'default' },
      spec: { containers: [{ name: 'c' }] },
    });
  });

  test('logs: tail, limit, time stamps, none, since', async () => {
    const logs = async (query: string) =>
      (await fixture.get(`/containerLogs/default/golden-logs/c?${query}`)).body;
    expect(await logs('tailLines=2')).toBe('line 3\nline 4\n');
    expect(await logs('tail=1')).toBe('line 4\n');
    expect(await logs('tail=all&limitBytes=10')).toBe('line 0\nlin');
    expect(await logs('tailLines=0')).toBe('');
    expect(await logs('sinceSeconds=3600&tailLines=1')).toBe('line 4\n');
    expect(await logs('sinceTime=2199-01-01T00:00:00Z')).toBe('');
    expect(await logs('timestamps=true&tailLines=1')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 4\n$/,
    );
  });

  test('a follower hears of its own and ends with the container; its log stays readable', async () => {
    const pod = await fixture.run(
      `echo first; until [ -e ${fixture.directory}/go ]; do sleep 0.05; done; echo last`,
      {
        name: 'follow',
      },
    );
    const sent = request({ port: fixture.port, path: '/containerLogs/default/follow/c?follow=true' }).end();
    const [response] = await once(sent, 'response');
    expect(response.headers['content-type']).toBeUndefined();
    expect(response.headers['transfer-encoding']).toBe('chunked');
    let body = '';
    response.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    await eventually(() => body === 'first\n');
    await writeFile(`${fixture.directory}/go`, '');
    await once(response, 'end');
    expect(body).toBe('first\nlast\n');
    await fixture.edged.until(pod, ({ phase }) => phase === 'Succeeded');
    expect((await fixture.get('/containerLogs/default/follow/c')).body).toBe('first\nlast\n');
  });

  test('a follower that goes leaves nothing behind', async () => {
    const before = process.getActiveResourcesInfo().length;
    const sent = request({
      port: fixture.port,
      path: '/containerLogs/default/golden-logs/c?follow=true',
    }).end();
    const [response] = await once(sent, 'response');
    response.on('error', () => {});
    response.resume();
    sent.destroy();
    await eventually(() => process.getActiveResourcesInfo().length <= before);
  });

  test('figures have the recorded names', async () => {
    await fixture.get('/stats/summary');
    await new Promise((resolve) => setTimeout(resolve, 1050));
    const summary = JSON.parse((await fixture.get('/stats/summary')).body);
    const before = recorded('GET /stats/summary').bodyJSON as { node: Record<string, unknown> };
    // No engine, no images.
    const known = Object.keys(before.node);
    expect(Object.keys(summary.node)).toEqual(expect.arrayContaining(known));
    expect(summary.node.systemContainers[0].name).toBe('pods');
    expect(summary.node.cpu.usageNanoCores).toBeGreaterThan(0);
    const pod = summary.pods.find((one: { podRef: { name: string } }) => one.podRef.name === 'golden-logs');
    expect(pod.containers[0]).toMatchObject({
      name: 'c',
      memory: { workingSetBytes: expect.any(Number) },
      cpu: { usageCoreNanoSeconds: expect.any(Number), usageNanoCores: expect.any(Number) },
    });
    expect(pod.containers[0].logs.usedBytes).toBeGreaterThan(0);
    const brief = JSON.parse((await fixture.get('/stats/summary?only_cpu_and_memory=true')).body);
    expect(brief.node.fs).toBeUndefined();
    expect(brief.pods[0].containers[0].logs).toBeUndefined();

    const resource = (await fixture.get('/metrics/resource')).body;
    expect(resource).toMatch(/^node_cpu_usage_seconds_total \d+(\.\d+)? \d{13}$/m);
    expect(resource).toMatch(
      /^container_memory_working_set_bytes\{container="c",namespace="default",pod="golden-logs"\} \d+ \d{13}$/m,
    );
    expect(resource).toContain('scrape_error 0\n');
    expect((await fixture.get('/metrics/resource/v1alpha1')).status).toBe(200);
    expect((await fixture.get('/metrics')).body).toContain('kubelet_node_name{node="edge-1"} 1\n');
    expect((await fixture.get('/metrics/cadvisor')).body).toMatch(
      /^container_cpu_usage_seconds_total\{container="c",cpu="total",id="[^"]*",image="",name="k8s_c_golden-logs_default_[^"]*_0",namespace="default",pod="golden-logs"\} [\d.e-]+ \d{13}$/m,
    );
  });

  test('web pages are kept out', async () => {
    expect((await fixture.get('/pods', { Origin: 'http://evil.example' })).status).toBe(403);
    expect((await fixture.get('/pods', { Host: 'evil.example:10350' })).status).toBe(403);
    for (const host of ['localhost:1', '10.0.0.7', '[::1]:10350', 'edge-1'])
      expect((await fixture.get('/pods', { Host: host })).status).toBe(200);
  });

  test('wrong methods, huge headers, requests cut in half: told to the one that sent them', async () => {
    expect(await fixture.get('/pods', {}, 'DELETE')).toMatchObject({
      status: 405,
      body: '405: Method Not Allowed',
    });
    expect((await fixture.get('/pods', { 'X-Big': 'x'.repeat(40_000) })).status).toBe(431);
    const half = connect(fixture.port, '127.0.0.1');
    half.write('GET /pods HT');
    expect((await fixture.get('/healthz')).status).toBe(200);
    half.destroy();
    const upgrade = await fixture.get('/exec/default/golden-logs/c?output=1&command=true');
    expect(upgrade).toMatchObject({ status: 400 });
    expect(upgrade.body).toMatch(/^unable to upgrade: missing upgrade headers in request: /);
  });
});

test('a taken port degrades edged and is tried again', async () => {
  const first = await ServerFixture.start();
  const directory = await tempDir();
  const runtime = createProcessRuntime({ rootDir: join(directory, 'runtime') });
  const second = new Harness({ runtime, directory, http: { port: first.port } });
  const reason = await eventually(() => {
    const health = second.edged.health();
    return health.state === 'degraded' && /listen/.test(health.reason) ? health.reason : undefined;
  });
  expect(reason).toContain(`cannot listen on 127.0.0.1:${first.port}: something else is using it`);
  // Pods run all the same.
  const pod = podObject({ containers: [{ name: 'c', command: ['sleep', '600'] }] });
  await second.insert(pod);
  await second.until(pod, ({ phase }) => phase === 'Running');
  await second.removeCompletely(pod);
  await second.stop();
  await runtime.close();
  await first.close();
});

test('the socket has mode 0600 and answers', async () => {
  const socket = join(await tempDir(), 'edged.sock');
  const fixture = await ServerFixture.start({ socket });
  // Edged is healthy once it has seen the engine; the socket may come after the port.
  await eventually(async () => {
    const sent = request({ socketPath: socket, path: '/healthz' }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode === 200;
  });
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  await fixture.close();
});
