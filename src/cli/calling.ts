import type { NeededVariable } from '../procedures/need-info.js';
import { askVariables } from './input/ask-variables.js';
import { CallFailure } from './call-failure.js';
import { CommandError } from './command-error.js';
import type { Context } from './context.js';
import { EXIT } from './exit-code.js';
import {
  type CallArguments,
  type CallResult,
  type GatewayClient,
  NO_ARGUMENTS,
} from './gateway/gateway-client.js';

/** The time limit for procedures of the gateway itself. */
const ASK_TIMEOUT_MS = 10_000;

/**
 * Calls, and hands over each result as it comes. On a terminal, asks for the variables that the procedure needs.
 * @throws {CommandError}
 */
export async function callAndTake(
  context: Context,
  name: string,
  given: CallArguments,
  take: (result: CallResult) => void,
): Promise<void> {
  let { named } = given;
  await withClient(context, async (client) => {
    for (;;) {
      const needed = await takeAll(client.call(name, { ...given, named }), take);
      if (!needed) return;
      named = { ...named, ...(await askVariables(needed)) };
    }
  });
}

/** Calls, and prints each result as it comes. @throws {CommandError} */
export async function callAndPrint(context: Context, name: string, given: CallArguments): Promise<void> {
  const printer = context.printer();
  await callAndTake(context, name, given, (result) => printer.result(result));
}

/** Connects to the gateway that the command is for, and closes the client after use. @throws {CommandError} */
export async function withClient<Outcome>(
  context: Context,
  use: (client: GatewayClient) => Promise<Outcome>,
): Promise<Outcome> {
  const client = await context.connect();
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** As {@link askClient}, of the gateway that the command is for. @throws {CommandError} */
export function ask(context: Context, name: string, given = NO_ARGUMENTS): Promise<unknown> {
  return withClient(context, (client) => askClient(client, name, given));
}

/** The only result of a procedure of the gateway itself, which answers at once. @throws {CommandError} */
export async function askClient(client: GatewayClient, name: string, given = NO_ARGUMENTS): Promise<unknown> {
  let isLate = false;
  const giveUp = (): void => {
    isLate = true;
    client.close();
  };
  const timer = setTimeout(giveUp, ASK_TIMEOUT_MS);
  try {
    for await (const result of client.call(name, given))
      return 'value' in result ? result.value : Buffer.from(result.bytes).toString();
    return null;
  } catch (error) {
    if (!isLate) throw error;
    throw new CommandError(`the gateway did not answer within ${ASK_TIMEOUT_MS / 1_000} s`, EXIT.io);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns the variables that the call needs first, if there is a terminal to ask on. */
async function takeAll(
  results: AsyncIterable<CallResult>,
  take: (result: CallResult) => void,
): Promise<readonly NeededVariable[] | undefined> {
  try {
    for await (const result of results) take(result);
    return undefined;
  } catch (error) {
    const needed = error instanceof CallFailure ? error.neededVariables : [];
    if (needed.length === 0 || !process.stdin.isTTY) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return needed;
  }
}
