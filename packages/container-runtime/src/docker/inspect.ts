import { RuntimeNotFoundError } from '../errors.js';
import type { EngineClient } from './client/engine-client.js';
import { isGone } from './client/engine-error.js';
import type { EngineContainer, EngineContainerListing } from './client/engine-types.js';
import { isOfInstance, LABEL } from './labels.js';

/** @throws {RuntimeNotFoundError} */
export async function inspectContainer(
  client: EngineClient,
  id: string,
  kind: 'sandbox' | 'container' = 'container',
): Promise<EngineContainer> {
  return orNotFound(
    client.json<EngineContainer>({ path: `/containers/${encodeURIComponent(id)}/json` }),
    kind,
    id,
  );
}

/** `undefined` when it does not exist (any more). */
export async function inspectIfPresent(
  client: EngineClient,
  id: string,
): Promise<EngineContainer | undefined> {
  return unlessGone(client.json<EngineContainer>({ path: `/containers/${encodeURIComponent(id)}/json` }));
}

/** This agent's containers of one type, dead ones too; others on this engine are never seen. */
export async function listByLabels(
  client: EngineClient,
  type: 'podsandbox' | 'container',
  instance: string,
  labels: Readonly<Record<string, string | undefined>> = {},
): Promise<EngineContainerListing[]> {
  const wanted = Object.entries({ [LABEL.type]: type, ...labels }).filter(([, value]) => value !== undefined);
  const filters = { label: wanted.map(([label, value]) => `${label}=${value}`) };
  const query = { all: true, filters: JSON.stringify(filters) };
  const listings = await client.json<EngineContainerListing[]>({ path: '/containers/json', query });
  // An absent label cannot be asked for.
  return listings.filter(({ Labels }) => isOfInstance(Labels ?? {}, instance));
}

/** The engine's 404 as the error of the interface. */
export async function orNotFound<T>(
  answer: Promise<T>,
  kind: 'sandbox' | 'container' | 'image',
  id: string,
): Promise<T> {
  return answer.catch((error: unknown) => {
    throw isGone(error) ? new RuntimeNotFoundError(kind, id) : error;
  });
}

/** The answer, or `undefined` for the engine's 404. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
}
