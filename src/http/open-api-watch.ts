import type { MetricsSettings } from '../config/metrics.settings.js';
import { type Content, jsonOf, objectOf, OPEN, type Operation, type Part } from './open-api.js';
import { DOCUMENT_PATH } from './open-api-paths.js';

const TAG = { name: 'Operation', description: 'For who supervises the gateway.' };

const HEALTH = jsonOf(
  objectOf({
    status: { enum: ['ready', 'draining', 'broker lost', 'rabbitmq lost'] },
    broker: { type: 'string' },
  }),
);

/** Health, metrics, and the document itself. */
export function watchPart(
  prefix: string,
  { enabled, port }: MetricsSettings,
  security: Operation['security'],
): Part {
  return {
    tag: TAG,
    paths: {
      [`${prefix}/health/live`]: {
        get: watch(
          'live',
          'Whether the process does its work.',
          jsonOf(objectOf({ status: { const: 'ok' } })),
        ),
      },
      [`${prefix}/health/ready`]: { get: READY },
      ...(enabled &&
        port === 0 && {
          [`${prefix}/metrics`]: {
            get: watch('metrics', 'Metrics for Prometheus.', {
              'text/plain': { schema: { type: 'string' } },
            }),
          },
        }),
      [prefix + DOCUMENT_PATH]: { get: documentOperation(security) },
    },
  };
}

const READY: Operation = {
  ...watch('ready', 'Whether this node should get clients.', HEALTH),
  responses: {
    200: { description: 'It should.', content: HEALTH },
    503: { description: 'It should not: it stops, or has lost its broker.', content: HEALTH },
  },
};

function documentOperation(security: Operation['security']): Operation {
  const json = jsonOf({ type: 'object' });
  return {
    ...watch('openApi', 'This document, with the procedures that the caller may call.', json),
    security,
    responses: {
      200: { description: 'An OpenAPI document.', content: json },
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
