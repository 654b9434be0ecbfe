type Method = (...args: unknown[]) => unknown;

/**
 * Adapts a method to how Nest calls it: a list for a rest parameter is spread, and a method that declares no parameters
 * is called with none. The metadata of the method and its name are kept.
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
