import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A machine that is busy or slow is no failure; what passes takes no longer. */
export const testTimeout = 60_000;

/**
 * Jest settings shared by every package. Tests run the TypeScript sources of
 * all workspace packages directly (no build needed); the built files are
 * covered by tools/e2e and by the export checks.
 */
export function project(displayName, configUrl) {
  const rootDir = dirname(fileURLToPath(configUrl));
  return {
    displayName,
    rootDir,
    testMatch: ['<rootDir>/test/**/*.test.ts'],
    testEnvironment: 'node',
    testTimeout,
    extensionsToTreatAsEsm: ['.ts'],
    transform: {
      '^.+\\.ts$': [
        '@swc/jest',
        {
          jsc: { target: 'es2022', parser: { syntax: 'typescript', decorators: true } },
          module: { type: 'es6' },
        },
      ],
    },
    moduleNameMapper: {
      '^@edgecore/testing$': fileURLToPath(new URL('../testing/src/index.ts', import.meta.url)),
      '^@edgecore/(edgecore|cli)$': `${fileURLToPath(new URL('../../apps/', import.meta.url))}$1/src/index.ts`,
      '^@edgecore/([^/]+)$': `${fileURLToPath(new URL('../../packages/', import.meta.url))}$1/src/index.ts`,
      '^(\\.{1,2}/.*)\\.js$': '$1',
    },
  };
}
