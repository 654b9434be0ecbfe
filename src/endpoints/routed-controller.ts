import type { Type } from '@nestjs/common';

/** The route decorators of a controller's methods; `false`: no route. */
export type RoutedMethods = Readonly<Record<string, MethodDecorator | false>>;

type Method = (...given: unknown[]) => unknown;

/** Copies a controller for one gateway: of several in a process each has routes of its own. */
export function unroutedCopyOf(controller: Type<object>): Type<object> {
  const copy = class extends controller {};
  Object.defineProperty(copy, 'name', { value: controller.name });
  return copy;
}

/** Gives the methods of a copy their routes, and takes away those that they had. */
export function routed({ prototype }: Type<object>, methods: RoutedMethods): void {
  for (const [name, decorate] of Object.entries(methods)) {
    Reflect.deleteProperty(prototype as object, name);
    if (decorate === false) continue;
    const own = copyOf(Reflect.get(prototype as object, name) as Method);
    Reflect.defineProperty(prototype as object, name, { value: own, writable: true, configurable: true });
    decorate(prototype as object, name, { value: own });
  }
}

/** Copies a method with its metadata: route decorators write theirs on the function itself. */
function copyOf(method: Method): Method {
  const copy = function (this: unknown, ...given: unknown[]): unknown {
    return method.apply(this, given);
  };
  for (const key of Reflect.getMetadataKeys(method) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), copy);
  return copy;
}
