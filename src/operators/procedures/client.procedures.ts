import { messageOf } from '../../base/message-of.js';
import { ClientSelectionError, readSelection } from '../../clients/client-selection.js';
import { type ConnectionPages, pageBody } from '../../clients/connection-pages.js';
import { readConnectionQuery } from '../../clients/connection-query.js';
import { countedResult } from '../../clients/counted.js';
import type { Removals } from '../../clients/removals.js';
import { RevocationError } from '../../clients/revocation/revocation-store.js';
import { readWish } from '../../clients/revocation/revocation-wish.js';
import { revokedBody, type Revocations } from '../../clients/revocation/revocations.js';
import type { HttpCall } from '../../procedures/procedure-call.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import type { Parameter } from '../../procedures/signature.js';
import { type JsonMembers, objectText } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { builtIn, optional } from '../../rpc/built-in/built-in.js';
import type { Audit } from '../audit.js';

const WHO = '[--identity=<I>] [--token_id=<T>] [--connection=<C>] [--topic=<T>] [--room=<R>]';
const PARAMETERS = [
  optional('identity'),
  optional('token_id', 'str'),
  optional('connection', 'str'),
  optional('topic', 'str'),
  optional('room'),
];
const NAMES = PARAMETERS.map(({ name }) => name);

/** Disconnects as `POST /disconnect` does, for callers with the service secret. */
export function disconnectProcedure(removals: Removals, audit: Audit): CallableProcedure {
  return builtIn({
    name: 'disconnect',
    access: 'service',
    isReplaceable: true,
    description: `/disconnect ${WHO} [--reconnect]

Closes the connections of clients on all nodes, and says how many. With --reconnect they are asked to come back.`,
    parameters: [...PARAMETERS, optional('reconnect', 'bool')],
    run: (_call, given, http) =>
      audited(audit, http, 'disconnect', membersOf(given), async (members) => {
        const comesBack = given[NAMES.length] === true;
        const counted = await removals.disconnect(readSelection(members), comesBack);
        return countedResult('Disconnected', 'disconnected', counted);
      }),
  });
}

/** Unsubscribes as `POST /unsubscribe` does, for callers with the service secret. */
export function unsubscribeProcedure(removals: Removals, audit: Audit): CallableProcedure {
  return builtIn({
    name: 'unsubscribe',
    access: 'service',
    isReplaceable: true,
    description: `/unsubscribe ${WHO}

Ends the subscriptions of clients to a topic or a room, or all of them, on all nodes, and says how many.`,
    parameters: PARAMETERS,
    run: (_call, given, http) =>
      audited(audit, http, 'unsubscribe', membersOf(given), async (members) =>
        countedResult('Ended', 'unsubscribed', await removals.unsubscribe(readSelection(members))),
      ),
  });
}

/** Revokes as `POST /revoke` does, for callers with the service secret. */
export function revokeProcedure(revocations: Revocations, audit: Audit): CallableProcedure {
  const parameters = ['identity', 'token_id', 'issued_until', 'ttl'].map((name) => optional(name));
  return builtIn({
    name: 'revoke',
    access: 'service',
    isReplaceable: true,
    description: `/revoke [--identity=<I> [--issued_until=<S>]] [--token_id=<T>] [--ttl=<S>]

Revokes a token, or all that an identity has, and closes the connections of clients with one on all nodes. Times are in
seconds.`,
    parameters,
    run: (_call, given, http) => {
      const wish = membersOf(given, parameters);
      return audited(audit, http, 'revoke', wish, async (members) => {
        const revoked = await revocations.revoke(readWish(members));
        return {
          ...countedResult('Revoked. Disconnected', 'disconnected', revoked),
          ...revokedBody(revoked),
        };
      });
    },
  });
}

/** Lists as `GET /connections` does, for callers with the service secret. */
export function connectionsProcedure(pages: ConnectionPages): CallableProcedure {
  const more = [optional('address', 'str'), optional('node', 'str'), optional('limit', 'int')];
  const parameters = [...PARAMETERS, ...more, optional('cursor', 'str'), optional('subscriptions', 'bool')];
  return builtIn({
    name: 'connections',
    access: 'service',
    isReplaceable: true,
    description: `/connections ${WHO} [--address=<A>] [--node=<N>]
    [--limit=<N>] [--cursor=<C>] [--subscriptions]

Lists who is connected, on all nodes, page by page.`,
    parameters,
    run: (_call, given) =>
      refusing(async () => pageBody(await pages.read(readConnectionQuery(membersOf(given, parameters))))),
  });
}

function membersOf(given: readonly unknown[], parameters: readonly Parameter[] = PARAMETERS): JsonMembers {
  const members: JsonMembers = new Map();
  for (const [index, { name }] of parameters.entries())
    if (given[index] !== undefined) members.set(name, richJsonText(given[index]));
  return members;
}

/** Does what is asked for, with a line in the log. @throws {ProcedureError} as {@link refusing} does. */
async function audited(
  audit: Audit,
  http: HttpCall,
  name: string,
  members: JsonMembers,
  act: (members: JsonMembers) => Promise<object>,
): Promise<object> {
  const what = `${name} ${objectText([...members])}`;
  try {
    const result = await refusing(() => act(members));
    audit.tellOfService(http, what, JSON.stringify({ ...result, _format: undefined }));
    return result;
  } catch (error) {
    audit.tellOfService(http, what, messageOf(error));
    throw error;
  }
}

/** @throws {ProcedureError} (400) when the selection is wrong, (503) when a revocation could not be kept. */
async function refusing<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof ClientSelectionError) throw new ProcedureError(cause.message, 400, { cause });
    if (cause instanceof RevocationError) throw new ProcedureError(cause.message, 503, { cause });
    throw cause;
  }
}
