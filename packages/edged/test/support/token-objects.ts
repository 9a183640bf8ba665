import { join } from 'node:path';
import { MutableCloudLink, profileCurrent, type TokenRequest } from '@edgecore/api';
import { createBus, responseTo } from '@edgecore/beehive';
import { createMetaClient } from '@edgecore/metaclient';
import { MetaManager } from '@edgecore/metamanager';
import { openStore } from '@edgecore/store';
import { metaObjects } from '../../src/meta-objects.js';
import { FakeObjects } from './fake-objects.js';

/** Objects in memory, but tokens as on a node: MetaManager with its database, and a cloud that issues them. */
export class TokenObjects extends FakeObjects {
  /** How late MetaManager thinks it is, beyond the real time. */
  lateMs = 0;
  /** What the cloud was asked for. */
  readonly asked: TokenRequest[] = [];
  /** Questions of edged that were answered. */
  answered = 0;
  readonly #close: () => Promise<void>;
  readonly #real: ReturnType<typeof metaObjects>;

  static async create(directory: string): Promise<TokenObjects> {
    return new TokenObjects(await openStore({ path: join(directory, 'edgecore.db') }));
  }

  private constructor(store: Awaited<ReturnType<typeof openStore>>) {
    super();
    const link = new MutableCloudLink({ connected: true, profile: profileCurrent });
    const now = () => Date.now() + this.lateMs;
    const bus = createBus().add(new MetaManager({ store, link, now }));
    const hub = bus.join('websocket', 'hub');
    const edged = bus.join('edged');
    bus.start();
    const cloud = (async () => {
      for await (const message of hub.receive()) {
        // The acknowledgement of the answer comes here, too.
        if (!message.sync || !message.resource.includes('/serviceaccounttoken/')) continue;
        const request = message.content as TokenRequest;
        this.asked.push(request);
        const lifeMs = (request.spec.expirationSeconds ?? 0) * 1000;
        const status = {
          token: `token-${this.asked.length}`,
          expirationTimestamp: new Date(now() + lifeMs).toISOString(),
        };
        const answer = { source: 'edgecontroller', group: 'resource' };
        hub.deliver(responseTo<unknown>(message, { ...request, status }, answer));
      }
    })();
    this.#real = metaObjects(createMetaClient({ ctx: edged, link }));
    this.#close = async () => {
      await bus.stop();
      hub.close();
      edged.close();
      await cloud;
      await store.close();
    };
  }

  override async getToken(
    namespace: string,
    account: string,
    request: TokenRequest,
    signal?: AbortSignal,
  ): Promise<TokenRequest | undefined> {
    const token = await this.#real.getToken(namespace, account, request, signal);
    this.answered += 1;
    return token;
  }

  close(): Promise<void> {
    return this.#close();
  }
}
