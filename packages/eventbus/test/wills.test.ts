import { join } from 'node:path';
import { noMetrics, silentLogger } from '@edgecore/api';
import { openStore } from '@edgecore/store';
import { tempDir } from '@edgecore/testing';
import { expect, test } from '@jest/globals';
import { Sessions } from '../src/broker/embedded/sessions.js';
import type { Will } from '../src/broker/embedded/wills.js';

test('wills of lasting sessions outlive the broker, and are told as those of one that is gone', async () => {
  const store = await openStore({ path: join(await tempDir(), 'edgecore.db') });
  const run = async (id: string) => {
    const limits = { queue: { messages: 10, bytes: 1000 }, maxSessions: 10, maxRetained: 10 };
    const sessions = new Sessions({ store, log: silentLogger, metrics: noMetrics, ...limits });
    await sessions.setup({ id, clients: {} });
    return sessions;
  };
  const will = (text: string): Will => ({ topic: 'will', payload: Buffer.from(text), qos: 1, retain: false });
  const first = await run('first');
  await first.putWill({ id: 'lasting', clean: false }, will('lasting'));
  await first.putWill({ id: 'clean', clean: true }, will('clean'));
  await first.putWill({ id: 'polite', clean: false }, will('polite'));
  await first.delWill({ id: 'polite' });

  const second = await run('second');
  const orphaned = async (brokers: Record<string, unknown>) => {
    const found: Will[] = [];
    for await (const one of second.streamWill(brokers)) found.push(one as Will);
    return found.map(({ clientId, brokerId, payload, topic, qos }) => [
      clientId,
      brokerId,
      String(payload),
      topic,
      qos,
    ]);
  };
  expect(await orphaned({})).toEqual([['lasting', 'first', 'lasting', 'will', 1]]);
  expect(await orphaned({ first: Date.now() })).toEqual([]);
  await second.delWill({ id: 'lasting' });
  expect(await orphaned({})).toEqual([]);
  await store.close();
});
