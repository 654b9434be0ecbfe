import { HttpException, HttpStatus, Injectable, type OnModuleInit } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { decisionOf } from '../../callbacks/providers/decision.js';
import { type ProviderMethod, ProviderMethods } from '../../callbacks/providers/provider-methods.js';
import { requireRefusal } from '../../callbacks/providers/provider-refusal.js';
import { Denial } from '../../connection/endpoint/denial.js';
import { Endpoints } from '../../connection/endpoint/endpoints.js';
import { Handshakes } from '../../connection/handshakes.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import { CallbackError } from '../../protocol/errors.js';
import { HANDSHAKE_REASONS } from '../../protocol/handshake-refusals.js';
import { BEFORE_CONNECT, type ClientEndpoint } from './before-connect.decorator.js';
import { ConnectRequest } from './connect-request.js';

/** Has the app's providers asked before clients connect, where there are such. */
@Injectable()
export class ConnectGuards implements OnModuleInit {
  private readonly asked = new Map<ClientEndpoint, readonly ProviderMethod[]>();

  constructor(
    private readonly providers: ProviderMethods,
    private readonly endpoints: Endpoints,
    private readonly handshakes: Handshakes,
  ) {}

  /** @throws when a provider wants to be asked for an endpoint that the app does not have. */
  onModuleInit(): void {
    const methods = this.providers.marked(BEFORE_CONNECT);
    const served = this.endpoints.all.filter(({ path }) => path !== undefined);
    const names = new Set(served.map(({ rules }) => rules.name));
    for (const { name, mark } of methods) {
      const unserved = (mark as ClientEndpoint[]).find((endpoint) => !names.has(endpoint));
      if (unserved !== undefined)
        throw new Error(
          `${name} is asked before clients of ${unserved} connect, but that section is not configured`,
        );
    }
    for (const endpoint of served) {
      const name = endpoint.rules.name as ClientEndpoint;
      const asked = methods.filter(({ mark }) => isFor(mark as ClientEndpoint[], name));
      if (asked.length === 0) continue;
      this.asked.set(name, asked);
      endpoint.guard = (request) => this.ask(asked, name, request);
    }
  }

  /** Asks about a request of a client that does not connect. @throws {Denial} when it is not let in. */
  async check(endpoint: ClientEndpoint, request: IncomingMessage): Promise<void> {
    const asked = this.asked.get(endpoint);
    const denial = asked && (await this.ask(asked, endpoint, request));
    if (denial) throw denial;
  }

  private async ask(
    methods: readonly ProviderMethod[],
    endpoint: ClientEndpoint,
    request: IncomingMessage,
  ): Promise<Denial | undefined> {
    const handshake = this.handshakes.read(request);
    for (const method of methods) {
      const denial = await denialBy(method, (signal) => new ConnectRequest(endpoint, handshake, signal));
      if (denial) return denial;
    }
    return undefined;
  }
}

function isFor(endpoints: readonly ClientEndpoint[], name: ClientEndpoint): boolean {
  return endpoints.length === 0 || endpoints.includes(name);
}

async function denialBy(
  method: ProviderMethod,
  ask: (signal: AbortSignal) => ConnectRequest,
): Promise<Denial | undefined> {
  const answer = await method.call(ask);
  if ('refusal' in answer) return denialOf(answer.thrown, method);
  const decision = decisionOf(answer, method);
  return decision === false || decision === null ? denied(method, 'forbidden') : undefined;
}

function denialOf(thrown: unknown, method: ProviderMethod): Denial {
  try {
    requireRefusal({ thrown, name: method.name, isDecision: true });
  } catch (error) {
    if (error instanceof CallbackError) return denied(method, 'appUnavailable');
    throw error;
  }
  const isUnknown =
    thrown instanceof HttpException && thrown.getStatus() === (HttpStatus.UNAUTHORIZED as number);
  return denied(method, isUnknown ? 'unauthorized' : 'forbidden');
}

function denied({ name }: ProviderMethod, kind: 'unauthorized' | 'forbidden' | 'appUnavailable'): Denial {
  const refusal = HANDSHAKE_REASONS[kind];
  return new Denial(CLOSE_REASONS[kind], refusal, { by: `the app (${name})`, why: refusal.why });
}
