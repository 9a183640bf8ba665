import { errorText, silentLogger } from '@edgecore/api';
import type { Message } from '@edgecore/beehive';
import { routerMessage } from './router-message.js';
import { type GatewayOptions, ServiceGateway } from './service-gateway.js';

/** Messages both ways; a viaduct `Connection` is one. */
export interface MessageLink {
  messages(): AsyncIterable<Message>;
  send(message: Message): Promise<void>;
}

/**
 * Answers the requests that come over a link from local HTTP services, until
 * the link ends or the signal aborts. Other messages are ignored.
 *
 * @throws {InvalidOptionError}
 */
export async function exposeServices(
  link: MessageLink,
  options: GatewayOptions & { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const gateway = new ServiceGateway(options);
  const { signal, log = silentLogger } = options;
  const serve = async (request: Message) => {
    const answer = await gateway.answer(request);
    await link.send(answer).catch((error: unknown) => {
      log.warn({ id: request.id, error: errorText(error) }, 'an answer could not be sent');
    });
  };
  const serving = (async () => {
    for await (const message of link.messages()) {
      if (signal?.aborted) return;
      if (routerMessage(message) === 'call') void serve(message);
    }
  })();
  const aborted = new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([serving, aborted]);
  } finally {
    await gateway.close();
  }
}
