/** Applies decorators to a method, as the compiler would: the files of the bench are not compiled. */
export function decorateMethod(owner, name, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(owner.prototype, name);
  for (const decorate of decorators) decorate(owner.prototype, name, descriptor);
}
