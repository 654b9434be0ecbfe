import { Injectable, Logger } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA } from '@nestjs/common/internal';
import { DiscoveryService, ExternalContextCreator, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { JsonMembers } from '../protocol/json.js';
import { cancellable } from './cancellable.js';
import { CALLBACK_PARAMS, callbackParams, parameterFault } from './callback-params.js';
import type { CallbackRequest } from './callback-request.js';
import { isForClient, refusalMembers } from './refusal-members.js';

/** A method of one of the app's providers that a decorator marked as the answer to a callback. */
export interface ProviderMethod {
  /** The provider that it is a method of. */
  readonly provider: object;
  /** Class and method, as messages name it. */
  readonly name: string;
  /** What the decorator said. */
  readonly mark: unknown;
  /**
   * Calls it, with the guards, pipes, interceptors and filters that Nest has for it.
   * @param ask makes the request, with a signal of its own.
   * @param signal ends the call, even if the method takes no notice.
   * @returns what it returned, or the members of a refusal when it threw.
   * @throws {CallbackAnswerError} when it threw a refusal with data that cannot be JSON.
   * @throws the signal's reason when that is aborted.
   */
  call(ask: (signal: AbortSignal) => CallbackRequest, signal?: AbortSignal): Promise<ProviderAnswer>;
}

/** What a provider's method answered. */
export type ProviderAnswer = { readonly value: unknown } | { readonly refusal: JsonMembers };

type Methods = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Finds the app's providers that answer callbacks in process. */
@Injectable()
export class ProviderMethods {
  private readonly logger = new Logger('Callbacks');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly contexts: ExternalContextCreator,
    private readonly modules: ModuleRef,
  ) {}

  /**
   * Every method that carries the metadata. Call it when all providers exist: in `onModuleInit` or later.
   * @throws when it is a method of a controller or of a provider that is not a singleton, or has parameters that Nest
   * would leave undefined.
   */
  marked(metadata: string): ProviderMethod[] {
    for (const { metatype, name } of this.discovery.getControllers()) {
      if (metatype && this.namesOf(metatype.prototype as object, metadata).length > 0) {
        throw new Error(`${name} answers callbacks of Kittiwake, so it must be a provider, not a controller`);
      }
    }
    return this.providers().flatMap((provider) =>
      this.namesOf(Reflect.getPrototypeOf(provider), metadata).map((name) =>
        this.method(provider, name, metadata),
      ),
    );
  }

  /** Every provider of a class that carries the metadata, whatever its methods. See {@link marked}. */
  ofMarkedClass(metadata: string): object[] {
    return this.providers().filter((provider) => Reflect.hasMetadata(metadata, provider.constructor));
  }

  private providers(): object[] {
    const instances = this.discovery.getProviders().map(({ instance }) => instance as unknown);
    return [...new Set(instances.filter((instance) => isOfClass(instance)))];
  }

  private namesOf(prototype: object | null, metadata: string): string[] {
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((name) => Reflect.hasMetadata(metadata, (prototype as Methods)[name]!));
  }

  private method(provider: object, methodName: string, metadata: string): ProviderMethod {
    const method = (provider as Methods)[methodName]!;
    const name = `${provider.constructor.name}.${methodName}`;
    const fault = parameterFault(provider.constructor, methodName, method.length);
    if (fault) throw new Error(`${name}: ${fault}; use @MessageData() or @Callback()`);
    this.requireSingleton(provider);
    const run = this.contexts.create(
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
        return { value: await run(request) };
      } catch (error) {
        if (!isForClient(error) && !request.signal.aborted) this.logDefect(error, provider, method, name);
        return { refusal: refusalMembers(error, name) };
      }
    };
    return {
      provider,
      name,
      mark: Reflect.getMetadata(metadata, method) as unknown,
      call: (ask, signal) => cancellable(signal, (own) => answer(ask(own))),
    };
  }

  private requireSingleton(provider: object): void {
    const wrapper = this.discovery.getProviders().find(({ instance }) => instance === provider)!;
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) return;
    throw new Error(
      `${wrapper.name} answers callbacks of Kittiwake, which come without a request: ` +
        'it must be a singleton, and nothing that it injects or is decorated with may be request-scoped',
    );
  }

  /** Nest has logged an error that no exception filter took. What a filter threw, it has not. */
  private logDefect(error: unknown, provider: object, method: object, name: string): void {
    const isNests = error instanceof Error && !this.hasFilters(provider.constructor, method);
    if (isNests) return;
    this.logger.error(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
  }

  private hasFilters(host: object, method: object): boolean {
    const config = this.modules['container'].applicationConfig;
    return (
      [host, method].some((target) => Reflect.hasMetadata(EXCEPTION_FILTERS_METADATA, target)) ||
      (config !== undefined && config.getGlobalFilters().length + config.getGlobalRequestFilters().length > 0)
    );
  }
}

function isOfClass(instance: unknown): instance is object {
  return typeof instance === 'object' && instance !== null && typeof instance.constructor === 'function';
}
