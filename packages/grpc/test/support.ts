import { afterEach } from '@jest/globals';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Undone after the test, the last first. */
export function atEnd(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}
