import type { Command } from 'commander';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { isServing, until } from '../gateway-watch.js';
import { seconds } from '../input/seconds.js';
import { BackgroundProcess } from './background-process.js';

interface StartOptions {
  readonly background?: true;
  readonly log?: string;
  readonly timeout: number;
}

/** `kittiwake start`. */
export function addStartCommand(program: Command, context: Context): void {
  program
    .command('start')
    .description('start the gateway; it runs until Ctrl-C, SIGTERM or `kittiwake stop`')
    .option('--background', 'return when it is ready, and let it run on')
    .option('--log <file>', 'with --background: where its output goes (<worker>.log in the state directory)')
    .option('--timeout <seconds>', 'with --background: how long it may take (30)', seconds, seconds('30'))
    .action(async ({ background, log, timeout }: StartOptions) => {
      if (background) await startInBackground(context, log ?? (await defaultLog(context)), timeout);
      else await (await import('../../server/start.js')).start();
    });
}

async function defaultLog(context: Context): Promise<string | undefined> {
  const local = (await context.settings()).procedures?.local;
  return local?.stateDir === undefined ? undefined : join(local.stateDir, `${local.worker}.log`);
}

/** @throws {CommandError} when it has ended, or is not ready in time: then it is ended. */
async function startInBackground(
  context: Context,
  log: string | undefined,
  timeoutMs: number,
): Promise<void> {
  if (await isServing(context)) throw new CommandError('a gateway is running already');
  const { GIVEN_ENVIRONMENT } = await import('../../server/environment.js');
  const gateway = spawned(log, GIVEN_ENVIRONMENT);
  const isReady = (): boolean | Promise<boolean> => {
    if (gateway.end === undefined) return isServing(context);
    const printed = gateway.printed || 'without a word that was kept: --log FILE keeps them';
    throw new CommandError(`the gateway has ended (${gateway.end}):\n${printed}`, EXIT.failed);
  };
  try {
    await until(isReady, timeoutMs, 'the gateway is not ready');
  } catch (error) {
    gateway.stop();
    throw error;
  }
  gateway.release();
  const { pid } = gateway;
  context.printer().value({ pid }, () => `Process ${pid} is ready.`);
}

function spawned(log: string | undefined, env: Readonly<NodeJS.ProcessEnv>): BackgroundProcess {
  try {
    return new BackgroundProcess(log, env);
  } catch (cause) {
    throw new CommandError(messageOf(cause), EXIT.io, { cause });
  }
}
