/** The configuration of every workspace: real ES modules, types stripped as Node does, no module mocks. */
export default {
  testEnvironment: 'node',
  // Suites of several workspaces share the machine, so a test must finish, not be fast.
  testTimeout: 30_000,
  reporters: ['default', new URL('scripts/count-reporter.js', import.meta.url).pathname],
  coverageProvider: 'v8',
  testMatch: ['<rootDir>/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.types\\.test\\.ts$'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': new URL('scripts/strip-types.js', import.meta.url).pathname },
}
