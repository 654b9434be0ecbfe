/** The floors of the house, from the ground up: a folder imports only from floors below its own. See ARCHITECTURE.md. */
const FLOORS = [
  ['base'],
  ['protocol'],
  ['config', 'metrics'],
  ['connection', 'broker', 'callbacks'],
  ['delivery', 'auth'],
  ['procedures'],
  ['topics', 'rooms', 'rpc'],
  ['http'],
  ['kittiwake.ts', 'lifecycle.ts', 'start-checks.ts', 'factories.ts', 'kittiwake.module.ts', 'index.ts'],
  ['server', 'cli'],
];

const place = (name) => (name.endsWith('.ts') ? `^src/${name.replaceAll('.', '\\.')}$` : `^src/${name}/`);
const anyOf = (names) => names.map(place).join('|');

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...FLOORS.slice(0, -1).map((floor, level) => ({
      name: `floor-${level}-imports-only-from-below`,
      severity: 'error',
      from: { path: anyOf(floor) },
      to: { path: anyOf(FLOORS.slice(level + 1).flat()) },
    })),
    ...FLOORS.slice(3, 7).flatMap((floor) =>
      floor.map((name) => ({
        name: `${name}-not-sideways`,
        severity: 'error',
        from: { path: place(name) },
        to: { path: anyOf(floor.filter((other) => other !== name)) || '^$' },
      })),
    ),
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '\\.spec\\.ts$|^test/' },
    },
    // usocket is a peer that may be absent, and is compiled beside the tests.
    {
      name: 'no-unknown-imports',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^usocket$' },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
