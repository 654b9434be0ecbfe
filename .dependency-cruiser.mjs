/** The floors of the house, from the ground up: a folder imports only from floors below its own. See ARCHITECTURE.md. */
const FLOORS = [
  ['base'],
  ['protocol'],
  ['observing'],
  ['config', 'metrics'],
  ['tracing'],
  ['connection', 'broker', 'callbacks'],
  ['history', 'leases'],
  ['delivery', 'auth', 'endpoints'],
  ['cluster'],
  ['clients', 'presence', 'events', 'streams'],
  ['procedures'],
  ['topics', 'rooms', 'rpc'],
  ['push', 'open-api', 'client-script'],
  ['operators', 'observers'],
  [
    'kittiwake.ts',
    'gateway.kittiwake.ts',
    'lifecycle.ts',
    'broker-loss.ts',
    'lifetime-parts.ts',
    'start-checks.ts',
    'routes.ts',
    'factories.ts',
    'kittiwake.module.ts',
    'index.ts',
  ],
  ['server', 'cli', 'testing'],
];

/** Floors whose folders do not know each other. */
const APART = FLOORS.slice(5, 13);

/** The rooms of folders: each may import, of its own folder, only what stands here; `.` are the files beside the rooms. */
const ROOMS = {
  protocol: { json: [] },
  config: {
    kinds: ['.'],
    sections: ['.', 'kinds'],
    loading: ['.', 'kinds', 'sections', 'sections/broker'],
    reference: ['.', 'kinds', 'loading'],
  },
  connection: {
    '.': ['inbox', 'outflow', 'endpoint'],
    inbox: [],
    outflow: [],
    endpoint: [],
    entrance: ['.', 'endpoint'],
    upgrade: ['.', 'inbox', 'outflow', 'endpoint', 'entrance'],
    stream: ['.', 'outflow', 'endpoint', 'entrance'],
  },
  broker: {
    '.': [],
    workers: ['.'],
    'redis/history': ['.'],
    'redis/presence': ['.', 'redis/history'],
    'redis/link': ['.', 'redis/history', 'redis/presence'],
    redis: ['.', 'redis/history', 'redis/presence', 'redis/link'],
    'redis/sharded': ['.', 'redis', 'redis/history', 'redis/presence', 'redis/link'],
  },
  callbacks: { '.': [], http: ['.'], providers: ['.'] },
  procedures: {
    '.': [],
    results: [],
    methods: ['.', 'results', 'methods/parameters'],
    'methods/parameters': ['.', 'methods'],
    remote: ['.'],
    calls: ['.', 'results'],
    'kept/record': ['.'],
    'kept/following': ['.', 'kept/record'],
    kept: ['.', 'results', 'calls', 'kept/record', 'kept/following'],
    open: ['.', 'results', 'calls', 'kept', 'kept/record', 'kept/following'],
  },
  leases: { '.': [], redis: ['.'], file: ['.'] },
  auth: { jwt: ['.'] },
  clients: { limits: [], revocation: ['.'], admitting: [] },
  topics: {
    session: ['service'],
    service: ['.'],
    providers: ['service', 'lifecycle'],
    lifecycle: ['session', 'service'],
    ending: ['session', 'service', 'lifecycle'],
    beginning: ['.', 'session', 'service', 'lifecycle', 'ending'],
    calls: ['.', 'session'],
  },
  rooms: {
    app: [],
    room: [],
    subscription: ['room'],
    relay: ['room', 'subscription'],
    stream: ['room', 'relay', 'rabbitmq'],
    rabbitmq: ['.', 'room', 'stream'],
    recovery: ['.', 'room', 'subscription', 'relay', 'stream'],
    admission: ['.', 'room', 'app'],
    joining: ['.', 'subscription', 'admission', 'recovery'],
  },
  push: { '.': [], front: ['.'], reading: ['.'] },
  'open-api': { '.': [], async: ['.'] },
  operators: {
    '.': [],
    'watch/tails': [],
    watch: ['.'],
    console: ['.', 'watch', 'watch/tails'],
    procedures: ['.', 'watch', 'watch/tails'],
  },
  rpc: {
    '.': [],
    'built-in': ['.'],
    descriptors: ['.'],
    websocket: ['.'],
    'http/response': [],
    http: ['.', 'built-in', 'descriptors', 'http/response'],
    local: ['.', 'descriptors', 'http'],
  },
  server: { handover: ['.'], workers: ['.'] },
  cli: {
    input: ['.'],
    types: ['.'],
    init: ['.'],
    doctor: [],
    gateway: ['.', 'input'],
    commands: ['.', 'input', 'types', 'init', 'doctor', 'gateway'],
  },
};

/** The rooms of the client's core; its others are domains. */
const CLIENT_CORE = '(transport|page|identity)';

const place = (name) => (name.endsWith('.ts') ? `^src/${name.replaceAll('.', '\\.')}$` : `^src/${name}/`);
const anyOf = (names) => names.map(place).join('|');

/** The files of a room, not those of rooms within it. */
const room = (folder, name) => (name === '.' ? `^src/${folder}/[^/]+$` : `^src/${folder}/${name}/[^/]+$`);

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
    ...APART.flatMap((floor) =>
      floor.map((name) => ({
        name: `${name}-not-sideways`,
        severity: 'error',
        from: { path: place(name) },
        to: { path: anyOf(floor.filter((other) => other !== name)) || '^$' },
      })),
    ),
    ...Object.entries(ROOMS).flatMap(([folder, rooms]) =>
      Object.entries(rooms).map(([name, known]) => ({
        name: `${folder}-${name}-knows-its-neighbours`,
        severity: 'error',
        from: { path: room(folder, name), pathNot: '\\.(spec|providers)\\.ts$' },
        to: { path: place(folder), pathNot: [name, ...known].map((one) => room(folder, one)) },
      })),
    ),
    {
      name: 'no-tests-in-production',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '\\.spec\\.ts$|^test/' },
    },
    {
      name: 'providers-are-listed-for-the-root',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '\\.providers\\.ts$' },
    },
    {
      name: 'the-client-stands-alone',
      severity: 'error',
      from: { path: '^client/src/' },
      to: { path: '^src/' },
    },
    {
      name: 'the-gateway-does-not-need-the-client',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^client/' },
    },
    // What a page does not use is not in its bundle: nothing below knows what is built upon it.
    {
      name: 'the-core-of-the-client-knows-no-domain',
      severity: 'error',
      from: { path: `^client/src/([^/]+$|${CLIENT_CORE}/)`, pathNot: 'src/(index|react)\\.ts$' },
      to: { path: '^client/src/([^/]+/|react\\.ts|index\\.ts)', pathNot: `^client/src/${CLIENT_CORE}/` },
    },
    {
      name: 'domains-of-the-client-stand-apart',
      severity: 'error',
      // A room is followed as a topic is.
      from: { path: '^client/src/([^/]+)/', pathNot: '^client/src/rooms/' },
      to: {
        path: '^client/src/([^/]+/|react\\.ts|index\\.ts)',
        pathNot: ['^client/src/$1/', `^client/src/${CLIENT_CORE}/`],
      },
    },
    // usocket is a peer that may be absent, and is compiled beside the tests.
    {
      name: 'no-unknown-imports',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^usocket$' },
    },
    // The API of OpenTelemetry is a peer that may be absent, and comes here with its SDK.
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], pathNot: '^node_modules/@opentelemetry/api/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
