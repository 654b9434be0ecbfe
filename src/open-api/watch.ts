import { Injectable } from '@nestjs/common';
import { HealthSettings } from '../config/sections/operators/health.settings.js';
import { MetricsSettings } from '../config/sections/operators/metrics.settings.js';
import type { OperatorPlace } from '../endpoints/operator-endpoint.js';
import { OPERATOR_PATHS } from '../config/operator-paths.js';
import {
  type Content,
  jsonContent,
  objectOf,
  OPEN,
  type Operation,
  type Part,
  type PartSource,
  type Schema,
} from './open-api.js';
import { ProceduresPart } from './procedures.js';

const TAG = { name: 'Operation', description: 'For who supervises the gateway.' };
const STATES = ['ready', 'draining', 'broker lost', 'rabbitmq lost'];

/** Health, and what is for operators. */
@Injectable()
export class WatchPart implements PartSource {
  constructor(
    private readonly health: HealthSettings,
    private readonly metrics: MetricsSettings,
    private readonly procedures: ProceduresPart,
  ) {}

  part(place: OperatorPlace): Part {
    const { health, metrics } = this;
    const { security } = this.procedures;
    return {
      tag: TAG,
      paths: { ...healthPaths(place, health), ...operatorPaths(place, metrics, security) },
    };
  }
}

function healthPaths({ prefix }: OperatorPlace, health: HealthSettings): Part['paths'] {
  if (!health.enabled) return {};
  const live = jsonContent(objectOf({ status: { const: 'ok' } }));
  return {
    [prefix + health.livePath]: { get: watch('live', 'Whether the process does its work.', live) },
    [prefix + health.readyPath]: { get: READY },
  };
}

/** They are where the document is, whatever serves the rest. */
function operatorPaths(
  { prefix, base, mainUrl }: OperatorPlace,
  metrics: MetricsSettings,
  security: Operation['security'],
): Part['paths'] {
  const here = mainUrl === undefined ? {} : { servers: [{ url: '/' }] };
  const at = (path: string, get: Operation): Part['paths'] => ({
    [prefix + base + path]: { get: { ...get, ...here } },
  });
  const text = { 'text/plain': { schema: { type: 'string' } } };
  return {
    ...(metrics.enabled && at(OPERATOR_PATHS.metrics, watch('metrics', 'Metrics for Prometheus.', text))),
    ...at(
      OPERATOR_PATHS.status,
      watch('status', 'What each process of the gateway does.', jsonContent(STATUS)),
    ),
    ...at(OPERATOR_PATHS.document, documentOperation('openApi', 'OpenAPI', security)),
    ...at(OPERATOR_PATHS.asyncDocument, documentOperation('asyncApi', 'AsyncAPI', security)),
  };
}

const STATUS: Schema = objectOf({
  version: { type: 'string' },
  state: { enum: STATES },
  processes: {
    type: 'array',
    items: objectOf({ pid: { type: 'integer' }, state: { enum: STATES }, broker: { type: 'string' } }),
  },
});

const READY: Operation = {
  ...watch('ready', 'Whether this node should get clients.', {}),
  responses: {
    200: { description: 'It should.', content: jsonContent(objectOf({ status: { const: 'ready' } })) },
    503: {
      description: 'It should not: it stops, or has lost what it needs.',
      content: jsonContent(objectOf({ status: { const: 'not ready' } })),
    },
  },
};

function documentOperation(operationId: string, format: string, security: Operation['security']): Operation {
  const json = jsonContent({ type: 'object' });
  return {
    ...watch(operationId, `The ${format} document, with the procedures that the caller may call.`, json),
    security,
    responses: {
      200: { description: `An ${format} document.`, content: json },
      ...(security.length > 0 && { 401: { description: 'A token that is refused.' } }),
    },
  };
}

function watch(operationId: string, summary: string, content: Content): Operation {
  return {
    operationId,
    tags: [TAG.name],
    summary,
    security: OPEN,
    responses: { 200: { description: 'The answer.', content } },
  };
}
