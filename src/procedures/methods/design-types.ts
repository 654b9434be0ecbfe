import type { ParameterType } from '../signature.js';

const TYPES: ReadonlyMap<unknown, ParameterType> = new Map<unknown, ParameterType>([
  [Number, 'float'],
  [BigInt, 'int'],
  [String, 'str'],
  [Boolean, 'bool'],
  [Buffer, 'bytes'],
  [Uint8Array, 'bytes'],
]);

/** What an argument is converted to for a parameter or a field of a type that TypeScript has emitted, if it is. */
export function parameterTypeOf(designType: unknown): ParameterType | undefined {
  return TYPES.get(designType);
}

/** The types of the parameters of a method, as far as TypeScript has emitted them. */
export function designTypesOf(prototype: object, method: string): readonly unknown[] {
  return (Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined) ?? [];
}

/** The type of the result of a method, if TypeScript has emitted one that says something. */
export function returnTypeOf(prototype: object, method: string): ParameterType | undefined {
  return parameterTypeOf(Reflect.getMetadata('design:returntype', prototype, method));
}
