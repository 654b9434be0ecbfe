import { getMetadataStorage, ValidationTypes } from 'class-validator';
import type { ParameterType, ValueLimits } from '../../signature.js';
import { parameterTypeOf } from './design-types.js';
import { dtoLimits } from './dto-limits.js';

/** A field with rules of class-validator. */
export interface DtoField {
  readonly name: string;
  readonly type: ParameterType | undefined;
  readonly isOptional: boolean;
  readonly isBigInt: boolean;
  readonly limits?: ValueLimits | undefined;
}

/** Reads the fields of a class that have rules of class-validator, in the order of their declaration. */
export function dtoFields(type: unknown): DtoField[] {
  if (typeof type !== 'function' || type === Object) return [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const names = new Set(rules.map(({ propertyName }) => propertyName));
  const optional = new Set(
    rules
      .filter(({ type }) => type === ValidationTypes.CONDITIONAL_VALIDATION)
      .map(({ propertyName }) => propertyName),
  );
  const defaults = defaultsOf(type as new () => object);
  return [...names].map((name) => {
    const designType: unknown = Reflect.getMetadata('design:type', type.prototype as object, name);
    return {
      name,
      type: parameterTypeOf(designType),
      isOptional: optional.has(name) || defaults[name] !== undefined,
      isBigInt: designType === BigInt,
      limits: dtoLimits(rules.filter(({ propertyName }) => propertyName === name)),
    };
  });
}

/** The default values of the fields. */
function defaultsOf(type: new () => object): Readonly<Record<string, unknown>> {
  try {
    return { ...new type() };
  } catch {
    return {}; // the constructor needs arguments, so the defaults are unknown
  }
}
