import { objectOf, type Schema } from './open-api.js';

type Properties = Readonly<Record<string, Schema>>;

const TEXT: Schema = { type: 'string' };
const NUMBER: Schema = { type: 'number' };
const COUNT: Schema = { type: 'integer' };
const OK: Schema = { const: 'ok' };
const COUNTS: Schema = { type: 'object', additionalProperties: COUNT };

/** Which nodes have answered. */
export const ANSWERED: Properties = {
  complete: { type: 'boolean', description: 'Whether all nodes have answered.' },
  asked: COUNT,
  answered: COUNT,
  missing: { type: 'array', items: TEXT, description: 'The nodes that have not.' },
};

export const SESSION = withOptional(
  {
    status: OK,
    operator: { type: 'string', description: 'The name of the key; `anyone` without one.' },
    access: { enum: ['none', 'read', 'full'] },
    keys: { type: 'boolean', description: 'Whether keys are configured.' },
  },
  {
    refusal: { type: 'string', description: 'Why there is no access; then there is nothing else.' },
    node: TEXT,
    version: TEXT,
    services: listOf(TEXT),
    rooms: { type: 'boolean', description: 'Whether there are rooms.' },
  },
);

export const NODES = gatheredOf({
  nodes: listOf(
    withOptional(
      {
        node: TEXT,
        host: TEXT,
        pid: COUNT,
        version: TEXT,
        node_version: TEXT,
        uptime: { type: 'integer', description: 'In seconds.' },
        state: TEXT,
        broker: TEXT,
        connections: COUNT,
        subscriptions: objectOf({ topics: COUNT, rooms: COUNT }),
        topics: COUNT,
        rooms: COUNT,
        memory: { type: 'integer', description: 'In bytes.' },
      },
      {
        worker: { type: 'integer', description: 'The process itself, where several share a port.' },
        cpu: {
          type: 'number',
          description: 'The share of one core. As all rates, absent at the first look.',
        },
        loop: { type: 'number', description: 'The share of time in which the event loop is busy.' },
        loop_lag: { type: 'number', description: 'How late timers are, in seconds: the 99th percentile.' },
        publications_per_second: NUMBER,
        received_per_second: NUMBER,
        deliveries_per_second: NUMBER,
      },
    ),
  ),
});

/** Topics or rooms. @param name the member that names each. */
export const CHANNEL_LIST = (name: Properties): Schema =>
  gatheredOf({
    items: listOf(
      withOptional(
        { ...name, subscribers: COUNT, on_nodes: COUNT },
        {
          publications_per_second: { type: 'number', description: 'Absent at the first look for a minute.' },
        },
      ),
    ),
    at_least: { type: 'integer', description: 'As many as the node has that has most of them.' },
  });

export const CALLBACKS = gatheredOf({
  callbacks: listOf(
    withOptional(
      {
        service: TEXT,
        callback: TEXT,
        calls: COUNT,
        failures: COUNT,
        outcomes: COUNTS,
        latency: {
          type: 'object',
          additionalProperties: NUMBER,
          description: '`mean`, `p50`, `p95`, `p99`.',
        },
        latency_since: { enum: ['lately', 'start'] },
      },
      { calls_per_second: NUMBER, failures_per_second: NUMBER },
    ),
  ),
  waiting: { type: 'integer', description: 'Requests that wait for a connection to the app.' },
  waiting_seconds: NUMBER,
  paused: {
    type: 'array',
    items: TEXT,
    description: 'Services that some node does not ask for a while (`callbacks.breaker`).',
  },
});

export const REFUSALS = gatheredOf({
  latest: listOf(
    withOptional(
      {
        at: { type: 'string', format: 'date-time' },
        node: TEXT,
        kind: TEXT,
        what: TEXT,
        why: TEXT,
        by: TEXT,
      },
      { address: TEXT },
    ),
  ),
  refusals: { ...COUNTS, description: 'By kind, since the start.' },
  closes: { ...COUNTS, description: 'Ends of connections, by reason.' },
  handshakes: { ...COUNTS, description: 'Refused handshakes, by status.' },
});

const SOURCE = withOptional({ kind: { enum: ['default', 'file', 'variable', 'option'] } }, { name: TEXT });

export const CONFIG = gatheredOf({
  node: TEXT,
  settings: listOf(
    withOptional(
      {
        key: TEXT,
        source: SOURCE,
        about: TEXT,
      },
      { value: {} },
    ),
  ),
  differences: {
    ...listOf(withOptional({ node: TEXT, key: TEXT }, { value: {}, source: SOURCE })),
    description:
      'What other nodes have otherwise, at most a hundred of each; without a source, they have no such section. Secrets are not compared.',
  },
});

function gatheredOf(members: Properties): Schema {
  return objectOf({ status: OK, ...members, ...ANSWERED });
}

function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

function withOptional(required: Properties, optional: Properties): Schema {
  const properties = { ...required, ...optional };
  return { type: 'object', properties, required: Object.keys(required) };
}
