import { HttpException, Injectable } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/internal';
import { WsException } from '@nestjs/websockets';
import { toJsonText, type JsonMembers, type JsonText } from '../protocol/json.js';
import { CALLBACK_PARAMS, callbackParams } from './callback-params.js';
import type { CallbackRequest } from './callback-request.js';
import { Refusal } from './refusal.js';

/** A method of one of the app's providers that a decorator marked as the answer to a callback. */
export interface ProviderMethod {
  /** The class that it is a method of. */
  readonly host: object;
  readonly name: string;
  /** What the decorator said. */
  readonly mark: unknown;
  /**
   * Calls it, with the guards, pipes, interceptors and filters that Nest has for it.
   * @returns what it returned, or the members of a refusal when it threw.
   */
  call(request: CallbackRequest): Promise<ProviderAnswer>;
}

/** What a provider's method answered. */
export type ProviderAnswer = { readonly value: unknown } | { readonly refusal: JsonMembers };

/** Finds the app's providers that answer callbacks in process. */
@Injectable()
export class ProviderMethods {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly contexts: ExternalContextCreator,
  ) {}

  /**
   * Every method that carries the metadata. Call it when all providers exist: in `onModuleInit` or later.
   * @throws when a provider is not a singleton.
   */
  marked(metadata: string): ProviderMethod[] {
    const found: ProviderMethod[] = [];
    for (const wrapper of this.discovery.getProviders()) {
      const instance = wrapper.instance as Record<string, unknown> | undefined;
      if (!wrapper.metatype || !instance || typeof instance !== 'object' || wrapper.isAlias) continue;
      const methods = this.methodsOf(instance, metadata);
      if (methods.length > 0 && !wrapper.isDependencyTreeStatic()) {
        throw new Error(
          `${wrapper.name} answers Kittiwake's callbacks, so it must not be request-scoped or transient`,
        );
      }
      found.push(...methods);
    }
    return found;
  }

  private methodsOf(instance: Record<string, unknown>, metadata: string): ProviderMethod[] {
    const methods: ProviderMethod[] = [];
    for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object)) {
      const method = instance[name];
      const mark: unknown = typeof method === 'function' ? Reflect.getMetadata(metadata, method) : undefined;
      if (mark !== undefined) methods.push(this.method(instance, name, mark));
    }
    return methods;
  }

  private method(instance: Record<string, unknown>, name: string, mark: unknown): ProviderMethod {
    const run = this.contexts.create(
      instance,
      instance[name] as (...args: unknown[]) => unknown,
      name,
      CALLBACK_PARAMS,
      callbackParams,
      STATIC_CONTEXT,
      undefined,
      { guards: true, interceptors: true, filters: true },
      'kittiwake',
    );
    return {
      host: instance.constructor,
      name,
      mark,
      call: async (request) => {
        try {
          return { value: await run(request) };
        } catch (error) {
          return { refusal: refusalOf(error) };
        }
      },
    };
  }
}

/** Only exceptions that are meant for a client speak to it; Nest has logged the others. */
function refusalOf(error: unknown): JsonMembers {
  const members: JsonMembers = new Map([['status', '"error"' as JsonText]]);
  if (error instanceof Refusal || error instanceof HttpException || error instanceof WsException) {
    members.set('error', toJsonText(error.message));
  }
  if (error instanceof Refusal && error.data !== undefined) members.set('data', toJsonText(error.data));
  return members;
}
