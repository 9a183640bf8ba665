import { testTimeout } from './tools/build/jest.base.mjs';

export default {
  projects: ['<rootDir>/packages/*', '<rootDir>/apps/*', '<rootDir>/tools/e2e'],
  testTimeout,
  // Jest keeps every ES module a worker has loaded: gigabytes at the end, and
  // collecting them stops the tests for seconds. A new worker costs less.
  workerIdleMemoryLimit: '512MB',
};
