import type { Context, Span } from '@opentelemetry/api';

/** The API of OpenTelemetry, without an SDK. */
export type OpenTelemetry = typeof import('@opentelemetry/api');

/** The value of an attribute of a span. */
export type TraceValue = string | number | boolean;
export type TraceAttributes = Readonly<Record<string, TraceValue | undefined>>;

const ERROR = 2;

/** A piece of work in a trace. */
export class TraceSpan {
  constructor(
    private readonly api: OpenTelemetry,
    private readonly span: Span,
    private readonly context: Context,
  ) {}

  /** The headers by which somebody else can go on with the trace. */
  get headers(): Readonly<Record<string, string>> {
    const carrier: Record<string, string> = {};
    this.api.propagation.inject(this.context, carrier);
    return carrier;
  }

  set(name: string, value: TraceValue): void {
    this.span.setAttribute(name, value);
  }

  /** Does work as a part of it: spans that begin meanwhile are its children. */
  within<Result>(work: () => Result): Result {
    return this.api.context.with(this.context, work);
  }

  /** As {@link within}, and ends when the work is done, or has failed. */
  during<Result>(work: () => Result): Result {
    try {
      const result = this.within(work);
      if (result instanceof Promise) {
        result.then(() => this.end()).catch((error: unknown) => this.fail(error));
      } else this.end();
      return result;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** Marks it as failed. @param type of the error: few different ones, and no words of anybody. */
  failed(type: string): void {
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: ERROR });
  }

  end(): void {
    this.span.end();
  }

  private fail(error: unknown): void {
    this.failed(error instanceof Error ? error.name : typeof error);
    this.end();
  }
}
