export default {
  projects: ['<rootDir>/packages/*', '<rootDir>/apps/*', '<rootDir>/tools/e2e'],
  testTimeout: 20_000,
};
