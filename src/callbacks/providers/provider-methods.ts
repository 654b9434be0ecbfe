import { Injectable, Logger } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { classOf, messageOf, stackOf } from '../../base/message-of.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import type { CallbackRequest } from '../callback-request.js';
import { callbackContexts, type ReturnedValue } from './callback-contexts.js';
import { CALLBACK_PARAMS, callbackParams, parameterFault } from './callback-params.js';
import { cancellable } from './cancellable.js';
import { type MarkedMethod, ProviderDiscovery } from './provider-discovery.js';
import { isForClient, refusalMembers } from './refusal-members.js';

/** A method of one of the app's providers that a decorator marked as the answer to a callback. */
export interface ProviderMethod {
  /** The provider that it is a method of. */
  readonly provider: object;
  /** Class and method, as messages name it. */
  readonly name: string;
  /** The value that the decorator has set. */
  readonly mark: unknown;
  /**
   * Calls the method, with the guards, pipes, interceptors and filters that Nest has for it.
   * @param ask makes the request, with a signal of its own.
   * @param signal ends the call, even if the method does not heed it.
   * @returns the value that it returned, or the members of a refusal when it threw.
   * @throws {CallbackAnswerError} when it threw a refusal with data that cannot be JSON.
   * @throws the signal's reason when that is aborted.
   */
  call(ask: (signal: AbortSignal) => CallbackRequest, signal?: AbortSignal): Promise<ProviderAnswer>;
}

/** The answer of a provider's method. */
export type ProviderAnswer =
  | ReturnedValue
  | {
      readonly refusal: JsonMembers;
      /** The error that it threw: not always meant as a no. */
      readonly thrown: unknown;
    };

const ROLE = 'answers callbacks of Kittiwake';

/** Finds the app's providers that answer callbacks in process. */
@Injectable()
export class ProviderMethods {
  private readonly logger = new Logger('Callbacks');
  private readonly defects = new DigestedLog(this.logger);

  constructor(
    private readonly discovery: ProviderDiscovery,
    private readonly contexts: ExternalContextCreator,
  ) {}

  /**
   * Every method that carries the metadata. Call it when all providers exist: in `onModuleInit` or later.
   * @throws when it is a method of a controller or of a provider that is not a singleton, or has parameters that Nest
   * would leave undefined.
   */
  marked(metadata: string): ProviderMethod[] {
    return this.discovery.methods(metadata, ROLE).map((marked) => this.method(marked));
  }

  /** Every provider of a class that carries the metadata, whatever its methods. See {@link marked}. */
  ofMarkedClass(metadata: string): object[] {
    return this.discovery.ofMarkedClass(metadata);
  }

  private method({ provider, method, methodName, name, mark }: MarkedMethod): ProviderMethod {
    const fault = parameterFault(provider.constructor, methodName, method.length);
    if (fault) throw new Error(`${name}: ${fault}; use @MessageData() or @Callback()`);
    this.discovery.requireSingleton(provider, ROLE);
    const contexts = callbackContexts(this.contexts, this.filterFailed(name));
    const run = contexts.create(
      provider,
      method,
      methodName,
      CALLBACK_PARAMS,
      callbackParams,
      undefined,
      undefined,
      { guards: true, interceptors: true, filters: true },
      'kittiwake',
    );
    const answer = async (request: CallbackRequest): Promise<ProviderAnswer> => {
      try {
        return (await run(request)) as ReturnedValue;
      } catch (error) {
        if (!isForClient(error) && !request.signal.aborted) this.logDefect(error, name, request);
        return { refusal: refusalMembers(error, name), thrown: error };
      }
    };
    return {
      provider,
      name,
      mark,
      call: (ask, signal) => cancellable(signal, (own) => answer(ask(own))),
    };
  }

  /** Logs a failing filter once for each method. */
  private filterFailed(name: string): (fault: unknown) => void {
    let isTold = false;
    return (fault) => {
      if (!isTold)
        this.logger.warn(
          `an exception filter of the app failed on what ${name} threw, which counts as if there were none: ` +
            `${messageOf(fault)}; one for HTTP alone begins with if (host.getType() !== 'http') throw exception`,
        );
      isTold = true;
    };
  }

  private logDefect(error: unknown, name: string, { connectionId: id, handshake }: CallbackRequest): void {
    const party = { id, peer: handshake?.address };
    this.defects.error(`${name} ${classOf(error)}`, `${name} failed: ${stackOf(error)}`, party);
  }
}
