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

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', '^kittiwake$': '<rootDir>/src/index.ts' },
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  testMatch: [
    '<rootDir>/src/**/*.spec.ts',
    '<rootDir>/test/**/*.e2e-spec.ts',
    '<rootDir>/test/**/*.contract-spec.ts',
  ],
  setupFiles: ['reflect-metadata'],
  testTimeout: 20_000,
  maxWorkers: '100%', // most of the time tests wait for sockets, not for a core
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
};
