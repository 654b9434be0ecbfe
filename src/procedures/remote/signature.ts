import type { RemoteProcedureSettings } from '../../config/sections/procedures/remote-procedure.settings.js';
import { PARAMETER_TYPES, type Parameter, type Signature } from '../signature.js';

/** Makes the signature of a procedure that is an endpoint of the app. Without a parameter list it accepts any. */
export function remoteSignature(name: string, settings: RemoteProcedureSettings): Signature {
  const { parameters, description, stream: isStream } = settings;
  const takesAny = parameters === undefined;
  return {
    name,
    access: settings.public ? 'public' : 'private',
    description,
    parameters: (parameters ?? []).map(parameterOf),
    rest: { positional: takesAny, named: takesAny },
    isStream,
    isRaw: false,
  };
}

/** @param text such as `a`, `a:int`, `b:str?` or `*x`; the settings have validated it. */
function parameterOf(text: string): Parameter {
  const [, star, name = '', type, mark] = /^(\*?)(\w+)(?::(\w+))?(\??)$/.exec(text) ?? [];
  return {
    name,
    type: PARAMETER_TYPES.find((known) => known === type),
    isOptional: mark === '?',
    isNamedOnly: star === '*',
  };
}
