import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Calls } from '../../procedures/calls/calls.js';
import { KeptCalls } from '../../procedures/kept/kept-calls.js';
import { ProceduresConfig } from '../built-in/procedures-config.js';
import { RpcCallers } from './callers.js';
import { type ExchangeHost, RpcExchange } from './exchange.js';
import type { RpcFront } from './front.js';
import { RpcResponse } from './response/response.js';

/** The requests that are being answered. */
@Injectable()
export class RpcExchanges implements ExchangeHost {
  private readonly open = new Map<RpcExchange, Promise<void>>();

  constructor(
    readonly callers: RpcCallers,
    readonly calls: Calls,
    readonly kept: KeptCalls,
    readonly config: ProceduresConfig,
  ) {}

  /** Answers a request. Resolves with what became of it when the answer has been sent, or cannot be any more. */
  async run(request: IncomingMessage, response: ServerResponse, front: RpcFront): Promise<RpcExchange> {
    const reply = new RpcResponse(request, response, this.config.bodyTimeoutMs);
    const exchange = new RpcExchange(this, reply, front);
    const running = exchange.run();
    this.open.set(exchange, running);
    await running;
    this.open.delete(exchange);
    return exchange;
  }

  /** Ends streams at once, and what else runs when it has had its time. Resolves when none is left. */
  async end(timeoutMs: number): Promise<void> {
    for (const exchange of this.open.keys()) if (exchange.isStream) exchange.cut();
    if (this.open.size === 0) return;
    const timer = setTimeout(() => this.cutAll(), timeoutMs);
    await Promise.all(this.open.values());
    clearTimeout(timer);
  }

  private cutAll(): void {
    for (const exchange of this.open.keys()) exchange.cut();
  }
}
