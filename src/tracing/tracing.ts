import type { ProxyTracerProvider, Tracer, TracerProvider } from '@opentelemetry/api';
import { VERSION } from '../config/version.js';
import { type OpenTelemetry, type TraceAttributes, TraceSpan } from './trace-span.js';

/** The role of a span, by who is on the other side. */
export type TraceKind = 'server' | 'client' | 'producer';

const KINDS = { server: 1, client: 2, producer: 3 } as const;

/** Headers that may have a `traceparent` (W3C Trace Context). */
export type TraceHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Traces of OpenTelemetry, where its API is installed and an SDK has been started before the gateway. Otherwise there are
 * none, and they cost nothing but to ask.
 */
export class Tracing {
  /** Traces nothing. */
  static readonly off = new Tracing(undefined, undefined);

  private constructor(
    private readonly api: OpenTelemetry | undefined,
    private readonly tracer: Tracer | undefined,
  ) {}

  /** Looks for OpenTelemetry. @throws when it is installed and cannot be loaded. */
  static async load(): Promise<Tracing> {
    const api = await installed();
    const tracer = api && tracerOf(api);
    return tracer ? new Tracing(api, tracer) : Tracing.off;
  }

  get isOn(): boolean {
    return this.tracer !== undefined;
  }

  /**
   * Begins a span, as a child of the one that is at work.
   * @param parent headers of who asks, for a span that is at work for nobody here.
   * @returns nothing where nobody traces.
   */
  begin(
    name: string,
    kind: TraceKind,
    attributes: () => TraceAttributes,
    parent?: TraceHeaders,
  ): TraceSpan | undefined {
    const { api, tracer } = this;
    if (!api || !tracer) return undefined;
    const around = contextOf(api, parent);
    const span = tracer.startSpan(name, { kind: KINDS[kind], attributes: attributes() }, around);
    return new TraceSpan(api, span, api.trace.setSpan(around, span));
  }

  /** Does work for who has sent these headers: spans that begin meanwhile are children of theirs. */
  within<Result>(parent: TraceHeaders, work: () => Result): Result {
    return this.api && this.isOn ? this.api.context.with(contextOf(this.api, parent), work) : work();
  }
}

/** Whoever is at work here already, such as the server of an app that is traced, knows more than the headers. */
function contextOf(api: OpenTelemetry, parent: TraceHeaders | undefined) {
  const active = api.context.active();
  return parent && !api.trace.getSpan(active) ? api.propagation.extract(active, parent) : active;
}

async function installed(): Promise<OpenTelemetry | undefined> {
  try {
    return await import('@opentelemetry/api');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** @returns nothing when no SDK has been started. */
function tracerOf({ trace }: OpenTelemetry): Tracer | undefined {
  const provider: TracerProvider & Partial<Pick<ProxyTracerProvider, 'getDelegateTracer'>> =
    trace.getTracerProvider();
  // Another copy of the API may have made it: its class tells nothing.
  return provider.getDelegateTracer
    ? provider.getDelegateTracer('kittiwake', VERSION)
    : provider.getTracer('kittiwake', VERSION);
}
