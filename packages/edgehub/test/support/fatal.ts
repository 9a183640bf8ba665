import { expect } from '@jest/globals';
import { isFatalHubError } from '../../src/index.js';
import type { TestNode } from './node.js';

/** Why a hub gives up that is expected to. */
export async function whyFatal({ bus }: TestNode): Promise<Error> {
  const error = await bus.failed.then(
    () => new Error('unreachable'),
    (reason: Error) => reason.cause as Error,
  );
  expect(isFatalHubError(error)).toBe(true);
  expect(error.message).not.toContain('\n');
  return error;
}
