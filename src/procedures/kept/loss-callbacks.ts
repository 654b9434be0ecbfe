import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type CallbackEnd, CallbackRequest } from '../../callbacks/callback-request.js';
import { CALLER, type Caller } from '../../callbacks/caller.js';
import { endHeaders } from '../../callbacks/end-headers.js';
import { type ProviderMethod, ProviderMethods } from '../../callbacks/providers/provider-methods.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { KeptCallMetrics } from '../../metrics/kept-call.metrics.js';
import { Metrics } from '../../metrics/metrics.js';
import { type JsonText, objectText, toJsonText } from '../../protocol/json/json.js';
import { ON_CALL_LOST } from './on-call-lost.decorator.js';

/** A kept call that has ended with its node. */
export interface LostCall {
  readonly id: string;
  readonly procedure: string;
  /** The caller's, or null. */
  readonly identity: JsonText;
  /** The number that is kept. */
  readonly results: number;
}

/** Tells the app of kept calls that have ended with their node. */
@Injectable()
export class LossCallbacks implements OnModuleInit {
  private readonly methods = new Map<string, ProviderMethod>();
  private readonly metrics: KeptCallMetrics;

  constructor(
    private readonly providers: ProviderMethods,
    private readonly settings: ProceduresSettings,
    @Inject(CALLER) private readonly caller: Caller,
    metrics: Metrics,
  ) {
    this.metrics = metrics.keptCalls;
  }

  onModuleInit(): void {
    for (const method of this.providers.marked(ON_CALL_LOST)) this.methods.set(String(method.mark), method);
  }

  /** A call of another node has ended with it, or this node goes on with it. */
  count(outcome: 'lost' | 'taken_over'): void {
    this.metrics.over(outcome);
  }

  /** @throws {CallbackError} when the app could not be told. */
  async tell(call: LostCall, end: CallbackEnd, signal: AbortSignal): Promise<void> {
    const { id, procedure, identity, results } = call;
    const fields = new Map([
      ['procedure', toJsonText(procedure)],
      ['call', toJsonText(id)],
      ['identity', identity],
      ['results', toJsonText(results)],
    ]);
    const method = this.methods.get(procedure);
    if (method) await method.call((own) => new CallbackRequest(fields, own, { end }), signal);
    const remote = this.settings.remote?.get(procedure);
    const url = remote?.resumable?.onLost;
    if (url === undefined) return;
    const headers = { ...remote!.headers, ...endHeaders(end) };
    await this.caller.call(url, objectText(fields), {
      service: 'procedures',
      headers,
      id: end.id,
      isOwed: true,
      signal,
      isRepeated: true,
    });
  }
}
