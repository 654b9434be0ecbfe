import type { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { isConfigured } from '../../config/configured.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import type { Procedures } from '../../procedures/procedures.js';
import { builtIn } from '../../rpc/built-in/built-in.js';
import type { Services } from '../../topics/service/services.js';
import { type ToldInterface, toldProcedure, toldRooms, toldService } from './told-interface.js';

const DESCRIPTION = `/interface

Says what clients meet: services, rooms and procedures. \`kittiwake types\` makes TypeScript of it.`;

/** Tells callers with the service secret what clients meet. */
export function interfaceProcedure(
  procedures: Procedures,
  services: Services,
  rooms: RoomsSettings,
): CallableProcedure {
  return builtIn({
    name: 'interface',
    access: 'service',
    isReplaceable: true,
    description: DESCRIPTION,
    run: (): ToldInterface => ({
      services: [...services.all].map(({ name, rules }) => toldService(name, rules)),
      rooms: isConfigured(rooms) ? toldRooms(rooms) : undefined,
      procedures: [...procedures.all].filter(isForClients).map(({ signature }) => toldProcedure(signature)),
    }),
  });
}

/** Not for clients: those that the gateway brings along, and those that write their own HTTP response. */
function isForClients({ signature: { access, isRaw }, isReplaceable }: CallableProcedure): boolean {
  const isBrought = isReplaceable !== undefined;
  return access !== 'service' && !isRaw && !isBrought;
}
