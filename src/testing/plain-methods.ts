import { MetadataScanner } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { RouteParamtypes } from '@nestjs/common/internal';
import type { CallbackRequest } from '../callbacks/callback-request.js';
import { CALLBACK_PARAMS } from '../callbacks/providers/callback-params.js';
import type { ProviderAnswer, ProviderMethod } from '../callbacks/providers/provider-methods.js';
import { refusalMembers } from '../callbacks/providers/refusal-members.js';

type Method = (...args: unknown[]) => unknown;

/** The mark of a parameter decorator on a parameter. */
interface Param {
  readonly index: number;
  readonly data?: unknown;
  readonly factory?: (data: unknown, context: ExecutionContextHost) => unknown;
}

const scanner = new MetadataScanner();

/**
 * The decorated methods of a provider, called with what the gateway would give them. Guards, pipes, interceptors and
 * exception filters have no part in it: they need Nest, and a client on a socket.
 */
export function plainMethods(provider: object, metadata: string): ProviderMethod[] {
  const methods = provider as Readonly<Record<string, Method>>;
  return scanner
    .getAllMethodNames(Reflect.getPrototypeOf(provider))
    .filter((name) => Reflect.hasMetadata(metadata, methods[name]!))
    .map((methodName) => {
      const method = methods[methodName]!;
      const name = `${provider.constructor.name}.${methodName}`;
      const call: ProviderMethod['call'] = async (ask, signal = new AbortController().signal) => {
        const request = ask(signal);
        return answerOf(name, () => method.apply(provider, argumentsOf(provider, methodName, request)));
      };
      return { provider, name, mark: Reflect.getMetadata(metadata, method) as unknown, call };
    });
}

async function answerOf(name: string, run: () => unknown): Promise<ProviderAnswer> {
  try {
    const value = await run();
    return { value, returned: value };
  } catch (thrown) {
    return { refusal: refusalMembers(thrown, name), thrown };
  }
}

function argumentsOf(provider: object, name: string, request: CallbackRequest): unknown[] {
  const params = Reflect.getMetadata(CALLBACK_PARAMS, provider.constructor, name) as
    | Readonly<Record<string, Param>>
    | undefined;
  if (!params) return [request];
  const given: unknown[] = [];
  for (const [key, { index, data, factory }] of Object.entries(params)) {
    const isData = key.split(':', 1)[0] === String(RouteParamtypes.BODY);
    given[index] = isData ? request.fields.data : factory?.(data, contextOf(provider, name, request));
  }
  return given;
}

function contextOf(provider: object, name: string, request: CallbackRequest): ExecutionContextHost {
  const { constructor } = provider as { constructor: new () => unknown };
  const context = new ExecutionContextHost(
    [request],
    constructor,
    (provider as Record<string, Method>)[name],
  );
  context.setType('kittiwake');
  return context;
}
