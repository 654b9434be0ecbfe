import { type Command, Option } from 'commander';
import { jsonArgument } from '../assignment.js';
import { callAndPrint } from '../calling.js';
import type { Context } from '../context.js';

interface WhoOptions {
  readonly identity?: string;
  readonly identityJson?: string;
  readonly tokenId?: string;
  readonly connection?: string;
  readonly topic?: string;
  readonly room?: string;
}

interface DisconnectOptions extends WhoOptions {
  readonly reconnect?: true;
}

/** `kittiwake disconnect` and `unsubscribe`: clients, and what they are subscribed to, removed by hand. */
export function addClientCommands(program: Command, context: Context): void {
  const disconnect = program
    .command('disconnect')
    .description('close the connections of clients, on all nodes')
    .option('--reconnect', 'ask them to come back, rather than to stay away');
  addWho(disconnect).action(async ({ reconnect, ...who }: DisconnectOptions) => {
    const named = { ...whoOf(who), ...(reconnect && { reconnect }) };
    await callAndPrint(context, 'disconnect', { positional: [], named });
  });
  const unsubscribe = program
    .command('unsubscribe')
    .description('end subscriptions of clients, to a topic or a room or all, on all nodes');
  addWho(unsubscribe).action(async (who: WhoOptions) => {
    await callAndPrint(context, 'unsubscribe', { positional: [], named: whoOf(who) });
  });
}

/** Adds the options that select clients. */
function addWho(command: Command): Command {
  return command
    .option('--identity <text>', 'whose: the value of the field auth.identityField')
    .addOption(new Option('--identity-json <json>', 'the same, where it is no text').conflicts('identity'))
    .option('--token-id <id>', 'the id of their token (jti)')
    .option('--connection <id>', 'the id of a connection')
    .option('--topic <topic>', 'a topic that they are subscribed to')
    .option('--room <json>', 'a room that they are subscribed to, exactly as they are');
}

function whoOf({
  identity,
  identityJson,
  tokenId,
  connection,
  topic,
  room,
}: WhoOptions): Record<string, unknown> {
  const whose = identityJson === undefined ? identity : jsonArgument(identityJson, '--identity-json');
  return {
    ...(whose !== undefined && { identity: whose }),
    ...(tokenId !== undefined && { token_id: tokenId }),
    ...(connection !== undefined && { connection }),
    ...(topic !== undefined && { topic }),
    ...(room !== undefined && { room: jsonArgument(room, '--room') }),
  };
}
