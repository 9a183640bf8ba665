import type { EngineClient } from './client/engine-client.js';
import { EngineError } from './client/engine-error.js';
import { unlessGone } from './inspect.js';

/** Stops a container: its stop signal, then KILL after `timeoutMs`. Stopped or gone already is fine. */
export async function stopContainer(
  client: EngineClient,
  id: string,
  timeoutMs: number,
  requestTimeoutMs: number,
): Promise<void> {
  const stop = client.text({
    method: 'POST',
    path: `/containers/${encodeURIComponent(id)}/stop`,
    query: { t: Math.max(0, Math.ceil(timeoutMs / 1000)) },
    timeoutMs: timeoutMs + requestTimeoutMs,
  });
  await unlessGone(stop);
}

/** Removes a container with its anonymous volumes, whatever its state. Gone already is fine. */
export async function removeContainer(client: EngineClient, id: string): Promise<void> {
  const removal = client.text({
    method: 'DELETE',
    path: `/containers/${encodeURIComponent(id)}`,
    query: { v: true, force: true },
  });
  await unlessGone(removal).catch((error: unknown) => {
    const underWay =
      error instanceof EngineError && error.status === 409 && /already in progress/.test(error.message);
    if (!underWay) throw error;
  });
}
