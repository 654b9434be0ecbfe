import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** A method of one of the app's providers that a decorator marked. */
export interface MarkedMethod {
  /** The provider that it is a method of. */
  readonly provider: object;
  readonly method: (...args: unknown[]) => unknown;
  readonly methodName: string;
  /** Class and method, as messages name it. */
  readonly name: string;
  /** The value that the decorator has set. */
  readonly mark: unknown;
}

type Methods = Readonly<Record<string, MarkedMethod['method']>>;

/** Finds decorated methods of the app's providers. Ask when all providers exist: in `onModuleInit` or later. */
@Injectable()
export class ProviderDiscovery {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /**
   * Every method that carries the metadata.
   * @param role the task of such a provider, for messages: `answers callbacks of Kittiwake`.
   * @throws when it is a method of a controller.
   */
  methods(metadata: string, role: string): MarkedMethod[] {
    for (const { metatype, name } of this.discovery.getControllers()) {
      if (metatype && this.namesOf(metatype.prototype as object, metadata).length > 0) {
        throw new Error(`${name} ${role}, so it must be a provider, not a controller`);
      }
    }
    return this.providers().flatMap((provider) =>
      this.namesOf(Reflect.getPrototypeOf(provider), metadata).map((methodName) => {
        const method = (provider as Methods)[methodName]!;
        const name = `${provider.constructor.name}.${methodName}`;
        return { provider, method, methodName, name, mark: Reflect.getMetadata(metadata, method) as unknown };
      }),
    );
  }

  /** Every provider of a class that carries the metadata, whatever its methods. */
  ofMarkedClass(metadata: string): object[] {
    return this.providers().filter((provider) => Reflect.hasMetadata(metadata, provider.constructor));
  }

  /**
   * @param role as for {@link methods}.
   * @throws when a provider, or something that it injects or is decorated with, is not a singleton.
   */
  requireSingleton(provider: object, role: string): void {
    const wrapper = this.discovery.getProviders().find(({ instance }) => instance === provider)!;
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) return;
    throw new Error(
      `${wrapper.name} ${role}, which come without a request: ` +
        'it must be a singleton, and nothing that it injects or is decorated with may be request-scoped',
    );
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
}

function isOfClass(instance: unknown): instance is object {
  return typeof instance === 'object' && instance !== null && typeof instance.constructor === 'function';
}
