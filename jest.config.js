/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // Nothing of ours outlives a test file; the warning is about Jest's own matchers.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  // The package.json of what is packed there has our name.
  modulePathIgnorePatterns: ['<rootDir>/build/'],
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  // Two processes of ours are at work in most tests: more workers than this only wait for each other.
  maxWorkers: 2,
  testTimeout: 120_000,
};
