import type { EngineClient } from './client/engine-client.js';
import { EngineError, isGone } from './client/engine-error.js';
import { withRandomSuffix } from './names.js';

/**
 * Creates a container. A name already in use is freed when its holder is dead
 * (this attempt still fails, the next one succeeds); when the engine cannot
 * find the holder, the name gets a suffix once (edged.md §5.1).
 *
 * @returns the id.
 */
export async function createNamed(
  client: EngineClient,
  name: string,
  body: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<string> {
  try {
    return await create(client, name, body, signal);
  } catch (error) {
    const holder = conflictingContainer(error);
    if (holder === undefined) throw error;
    try {
      // Without force: one that runs is not ours to end here.
      await client.text({ method: 'DELETE', path: `/containers/${holder}`, query: { v: true } });
    } catch (removal) {
      if (isGone(removal)) return create(client, withRandomSuffix(name), body, signal);
    }
    throw error;
  }
}

/** Id of the container holding the wanted name, from Docker's or Podman's text. */
export function conflictingContainer(error: unknown): string | undefined {
  if (!(error instanceof EngineError)) return undefined;
  return /is already in use by (?:container )?"?([0-9a-f]{12,64})"?/.exec(error.message)?.[1];
}

async function create(
  client: EngineClient,
  name: string,
  body: Record<string, unknown>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { Id } = await client.json<{ Id: string }>({
    method: 'POST',
    path: '/containers/create',
    query: { name },
    body,
    ...(signal ? { signal } : {}),
  });
  return Id;
}
