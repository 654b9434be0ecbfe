import type { PresenceSettings } from '../../config/sections/presence.settings.js';
import type { ServiceSettings } from '../../config/sections/service/service.settings.js';
import type { Parameter, Signature } from '../../procedures/signature.js';

/** The interface for clients, as the gateway knows it. */
export interface ToldInterface {
  readonly services: readonly ToldService[];
  /** Absent where there are none. */
  readonly rooms?: ToldRooms | undefined;
  /** Those that clients over WebSocket may call. */
  readonly procedures: readonly ToldProcedure[];
}

export interface ToldRooms {
  /** The fields shown of a member; absent where it is not known who is there. */
  readonly presence?: readonly string[];
}

export interface ToldService extends ToldRooms {
  readonly name: string;
  /** The texts around the parameters of its topics, where these have one form. */
  readonly topics?: readonly string[];
  /** The extra fields of a subscription. */
  readonly fields: readonly string[];
}

export interface ToldProcedure extends Pick<
  Signature,
  'name' | 'description' | 'rest' | 'returns' | 'isStream'
> {
  readonly parameters: readonly ToldParameter[];
}

export interface ToldParameter extends Pick<Parameter, 'name' | 'type' | 'isOptional' | 'isNamedOnly'> {
  /** The only values that it takes. */
  readonly enum?: readonly (string | number | boolean)[] | undefined;
}

/** The rules of a service that its clients meet. */
type ToldRules = Pick<ServiceSettings, 'extraFields' | 'presence'> & {
  readonly pattern?: { readonly literals: readonly string[] } | undefined;
};

/** Tells of a service. */
export function toldService(
  name: string,
  { extraFields: fields, presence, pattern }: ToldRules,
): ToldService {
  return { name, ...(pattern && { topics: pattern.literals }), fields, ...toldRooms({ presence }) };
}

/** Tells of rooms. */
export function toldRooms({ presence }: { readonly presence?: PresenceSettings | undefined }): ToldRooms {
  return presence ? { presence: presence.info } : {};
}

/** Tells of a procedure. */
export function toldProcedure(signature: Signature): ToldProcedure {
  const { name, description, rest, returns, isStream, parameters } = signature;
  return { name, description, rest, returns, isStream, parameters: parameters.map(toldParameter) };
}

function toldParameter({ name, type, isOptional, isNamedOnly, limits }: Parameter): ToldParameter {
  return { name, type, isOptional, isNamedOnly, enum: limits?.enum };
}
