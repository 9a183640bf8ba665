import { ensureTestImages, eventually, freePort, withDocker } from '@edgecore/testing';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EdgeSite } from '../support/edge-site.js';
import { testPod } from '../support/test-pod.js';

const describeDocker = await withDocker();

for (const [engine, describeEngine] of [
  ['process', describe],
  ['docker', describeDocker],
] as const) {
  describeEngine(`pods put in by hand, on ${engine}, without a cloud (dbtest.md)`, () => {
    let site: EdgeSite | undefined;

    beforeAll(async () => {
      if (engine === 'docker') await ensureTestImages();
    });
    afterEach(async () => {
      await site?.close();
      site = undefined;
    });

    test('run, are listed, outlive a killed agent, and end', async () => {
      const port = await freePort();
      const here = await EdgeSite.open({ engine, profile: '2020', dbTestPort: port });
      site = here;
      here.link.cut();
      const agent = here.startAgent();
      await agent.says(`edgecore runs as node ${here.node}`);
      const url = `http://127.0.0.1:${port}/pods`;
      const { metadata, spec } = testPod({ name: 'hand', node: here.node });
      // As little as people write by hand: no node, no kind.
      const { nodeName: _nodeName, ...rest } = spec;
      const body = JSON.stringify({ metadata: { ...metadata, uid: 'hand-1' }, spec: rest });
      const phase = async () => {
        const { items } = (await (await fetch(url)).json()) as {
          items: { status?: { phase?: string } }[] | null;
        };
        return items?.[0]?.status?.phase;
      };
      await eventually(async () => (await fetch(url, { method: 'PUT', body })).status === 200);
      await eventually(async () =>
        (await here.engine.list()).some(({ name, running }) => name === 'main' && running),
      );
      const startedAt = Date.now();
      await eventually(async () => (await phase()) === 'Running');
      expect(Date.now() - startedAt).toBeLessThan(2000);
      const running = await here.engine.list();
      expect(running).toHaveLength(2);

      await here.killAgent();
      await here.startAgent().says(`edgecore runs as node ${here.node}`);
      await eventually(async () => (await phase()) === 'Running');
      expect(await here.engine.list()).toEqual(running);

      expect((await fetch(url, { method: 'POST', body: '{' })).status).toBe(400);
      expect((await fetch(url, { method: 'PATCH', body })).status).toBe(405);
      // The name is enough to remove it.
      const named = JSON.stringify({ metadata: { name: 'hand', namespace: 'default' } });
      expect((await fetch(url, { method: 'DELETE', body: named })).status).toBe(200);
      await eventually(async () => (await here.engine.list()).length === 0, { what: 'an empty engine' });
      await here.stopAgent();
    });
  });
}
