import type { TraceAttributes } from './trace-span.js';

/** The attributes of a span that publishes, by OpenTelemetry's semantic conventions for messaging. */
export function publishing(more: TraceAttributes): TraceAttributes {
  return {
    'messaging.system': 'kittiwake',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    ...more,
  };
}
