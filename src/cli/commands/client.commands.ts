import { type Command, Option } from 'commander';
import { jsonArgument, jsonValue } from '../input/assignment.js';
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

interface RevokeOptions extends Pick<WhoOptions, 'identity' | 'identityJson' | 'tokenId'> {
  readonly issuedUntil?: string;
  readonly ttl?: string;
}

interface PageOptions extends WhoOptions {
  readonly address?: string;
  readonly node?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly subscriptions?: true;
}

const IDENTITY = 'whose: the value of the field auth.identityField';

/** `kittiwake disconnect`, `unsubscribe` and `revoke`: clients, what they are subscribed to, and their tokens, removed by hand. */
export function addClientCommands(program: Command, context: Context): void {
  const disconnect = program
    .command('disconnect')
    .description('close the connections of clients, on all nodes')
    .option('--reconnect', 'ask them to come back, rather than to stay away');
  addWho(disconnect).action(async ({ reconnect, ...who }: DisconnectOptions) => {
    const named = { ...whoOf(who), ...(reconnect && { reconnect }) };
    await callAndPrint(context, 'disconnect', { positional: [], named });
  });
  program
    .command('revoke')
    .description(
      'revoke a token, or all that an identity has, and close the connections of its clients, on all nodes',
    )
    .option('--identity <text>', IDENTITY)
    .addOption(identityAsJson())
    .option('--token-id <id>', 'the id of the token (jti)')
    .option(
      '--issued-until <seconds>',
      'of an identity, only tokens that were issued until then; default: now',
    )
    .option('--ttl <seconds>', 'for how long it is remembered: as long as the tokens live')
    .action(async ({ issuedUntil, ttl, ...who }: RevokeOptions) => {
      const named = {
        ...whoOf(who),
        ...(issuedUntil !== undefined && { issued_until: jsonValue(issuedUntil, '--issued-until') }),
        ...(ttl !== undefined && { ttl: jsonValue(ttl, '--ttl') }),
      };
      await callAndPrint(context, 'revoke', { positional: [], named });
    });
  addConnections(program, context);
  const unsubscribe = program
    .command('unsubscribe')
    .description('end subscriptions of clients, to a topic or a room or all, on all nodes');
  addWho(unsubscribe).action(async (who: WhoOptions) => {
    await callAndPrint(context, 'unsubscribe', { positional: [], named: whoOf(who) });
  });
}

function addConnections(program: Command, context: Context): void {
  const connections = program
    .command('connections')
    .description('list who is connected, on all nodes, page by page')
    .option('--address <address>', 'where they connect from')
    .option('--node <node>', 'the node that they are on')
    .option('--limit <number>', 'the most of a page: 1 to 1000')
    .option('--cursor <cursor>', 'that of the page before')
    .option('--subscriptions', 'list what they are subscribed to, too');
  addWho(connections).action(async ({ address, node, limit, cursor, subscriptions, ...who }: PageOptions) => {
    const named = {
      ...whoOf(who),
      ...(address !== undefined && { address }),
      ...(node !== undefined && { node }),
      ...(limit !== undefined && { limit: jsonValue(limit, '--limit') }),
      ...(cursor !== undefined && { cursor }),
      ...(subscriptions && { subscriptions }),
    };
    await callAndPrint(context, 'connections', { positional: [], named });
  });
}

function identityAsJson(): Option {
  return new Option('--identity-json <json>', 'the same, where it is no text').conflicts('identity');
}

/** Adds the options that select clients. */
function addWho(command: Command): Command {
  return command
    .option('--identity <text>', IDENTITY)
    .addOption(identityAsJson())
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
