import { availableParallelism } from 'node:os';

const swc = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** Files whose tests run in one context, by the file of `test/together/` that has them: see `together`. */
const TOGETHER = {
  topics: 'test/topics-',
  rooms: 'test/rooms-(?!rabbitmq)',
  rpc: 'test/rpc-(?!browser|http-fuzz|http-process|http\\.|local)',
  apps: 'test/(module|procedures)-',
  endpoints:
    'test/(api-keys|async-api|auth-failures|compression|health|intake|metrics|nodes|open-api|operator-procedures|origins|publish|signed-callbacks|tls|tracing)\\.',
  client: 'client/test/(?!gateway|browser|roaming)',
  nodes:
    'test/(client-script|connections|console|deploy|disconnecting|doctor|history-gaps|history-publishers|identity-limits|input-parts|kept-bytes|kept-calls|kept-calls-brokers|kept-calls-module|refusals|revoking|six-ways|stream-nodes|streams)\\.',
  examples: 'test/(first-hour|recipes)\\.',
  contract: 'test/contract/(?!service-callbacks|redis-refusals)',
  'lower-floors': 'src/(base|protocol|config|metrics|connection|broker|callbacks)/',
  'upper-floors': 'src/(?!base|protocol|config|metrics|connection|broker|callbacks)',
};
/** Whoever names files wants just those, each by itself. */
const isWhole = process.argv.slice(2).every((argument) => argument.startsWith('-'));

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^kittiwake$': '<rootDir>/src/index.ts',
    '^kittiwake/testing$': '<rootDir>/src/testing/testing.ts',
    '^kittiwake-client$': '<rootDir>/client/src/index.ts',
    '^kittiwake-client/react$': '<rootDir>/client/src/react.ts',
    '^kittiwake-client/testing$': '<rootDir>/client/src/testing/testing.ts',
  },
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testMatch: [
    '<rootDir>/src/**/*.spec.ts',
    '<rootDir>/client/test/**/*.spec.ts',
    '<rootDir>/test/**/*.e2e-spec.ts',
    '<rootDir>/test/**/*.contract-spec.ts',
  ],
  setupFiles: ['reflect-metadata'],
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(isWhole ? Object.values(TOGETHER) : ['test/together/']).map((path) => `<rootDir>/${path}`),
  ],
  globals: { TOGETHER },
  testTimeout: 20_000,
  testSequencer: '<rootDir>/test/support/slowest-first.mjs',
  maxWorkers: 2 * availableParallelism(), // many tests wait for sockets and timers, not for a core
  workerIdleMemoryLimit: '350MB', // modules of earlier files are never freed: collecting around them takes time
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
};
