type Method = (...args: unknown[]) => unknown;

/**
 * A method as Nest may call it: with one list for a rest parameter, and where it declares no parameters, with none at
 * all. To Nest it looks like the method, decorators included.
 */
export function methodCallback(method: Method, count: number, isVariadic: boolean): Method {
  if (count > 0 && !isVariadic) return method;
  const callback: Method = isVariadic
    ? function (this: unknown, ...args) {
        return method.apply(this, [...args.slice(0, count - 1), ...(args[count - 1] as unknown[])]);
      }
    : function (this: unknown) {
        return method.call(this);
      };
  for (const key of Reflect.getMetadataKeys(method))
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), callback);
  return Object.defineProperty(callback, 'name', { value: method.name });
}
