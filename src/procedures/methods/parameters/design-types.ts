import type { ParameterType } from '../../signature.js';

const TYPES: ReadonlyMap<unknown, ParameterType> = new Map<unknown, ParameterType>([
  [Number, 'float'],
  [BigInt, 'int'],
  [String, 'str'],
  [Boolean, 'bool'],
  [Buffer, 'bytes'],
  [Uint8Array, 'bytes'],
]);

/** Maps a type that TypeScript has emitted to a parameter type; `undefined` when arguments of it are not converted. */
export function parameterTypeOf(designType: unknown): ParameterType | undefined {
  return TYPES.get(designType);
}

/** Reads the parameter types that TypeScript has emitted for a method; empty when it has emitted none. */
export function designTypesOf(prototype: object, method: string): readonly unknown[] {
  return (Reflect.getMetadata('design:paramtypes', prototype, method) as unknown[] | undefined) ?? [];
}

/** Reads the result type that TypeScript has emitted for a method, if it maps to a parameter type. */
export function returnTypeOf(prototype: object, method: string): ParameterType | undefined {
  return parameterTypeOf(Reflect.getMetadata('design:returntype', prototype, method));
}
