import { MutableCloudLink, profile2020, profileCurrent } from '@edgecore/api';
import type { Message, Participant } from '@edgecore/beehive';
import { createBus, errorTo, responseTo } from '@edgecore/beehive';
import { createMetaClient, type MetaClientOptions } from '@edgecore/metaclient';

/** What the fake MetaManager answers; `undefined` keeps silent. */
export type Answer = (request: Message) => Partial<Message<unknown>> | undefined;

export const fromDatabase = (content: unknown): Answer => {
  return () => ({ source: 'metamanager', content });
};
export const fromCloud = (content: unknown): Answer => {
  return () => ({ source: 'edgecontroller', group: 'resource', content });
};

export const notFound = {
  ErrStatus: { metadata: {}, status: 'Failure', message: 'x "y" not found', reason: 'NotFound', code: 404 },
};

/** A bus with a client on it and a MetaManager that answers as told. `seen` are the requests it got. */
export function setUp(
  cloud: '2020' | 'current' | 'undecided',
  answer: Answer,
  options: Partial<MetaClientOptions> = {},
) {
  const bus = createBus();
  const metaManager: Participant = bus.join('metamanager', 'meta');
  const edged = bus.join('edged');
  const seen: Message[] = [];
  const answering = (async () => {
    for await (const request of metaManager.receive()) {
      seen.push(request);
      const fields = answer(request);
      if (!fields) continue;
      const response =
        fields.operation === 'error'
          ? errorTo(request, String(fields.content), { source: 'metamanager' })
          : responseTo(request, fields.content, { source: fields.source ?? '' });
      metaManager.deliver(response);
    }
  })();
  const profile = { '2020': profile2020, current: profileCurrent, undecided: undefined }[cloud];
  const link = new MutableCloudLink({ connected: true, ...(profile ? { profile } : {}) });
  const client = createMetaClient({ ctx: edged, link, timeoutMs: 2000, ...options });
  return {
    client,
    link,
    seen,
    async close() {
      metaManager.close();
      edged.close();
      await answering;
      await bus.stop();
    },
  };
}
