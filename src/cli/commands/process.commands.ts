import type { Command } from 'commander';
import { askClient, callAndPrint, withClient } from '../calling.js';
import type { Context } from '../context.js';
import { hasEnded, isServing, processesOf, until } from '../gateway-watch.js';
import { NO_ARGUMENTS } from '../gateway/gateway-client.js';
import { seconds } from '../input/seconds.js';

interface WaitOptions {
  readonly timeout: number;
}

/** `kittiwake stop`, `restart`, `status` and `ping`: commands for a running gateway. */
export function addProcessCommands(program: Command, context: Context): void {
  program
    .command('stop')
    .description('stop the gateway: its clients are told to connect again elsewhere, then it ends')
    .option('--timeout <seconds>', 'how long to wait for its end (30)', seconds, seconds('30'))
    .action(({ timeout }: WaitOptions) => stop(context, timeout));
  program
    .command('restart')
    .description('start a new version of the gateway in place of the running one; no connection is refused')
    .option('--timeout <seconds>', 'how long the new one may take (60)', seconds, seconds('60'))
    .action(({ timeout }: WaitOptions) => restart(context, timeout));
  program
    .command('status')
    .description('what the running gateway does')
    .action(() => callAndPrint(context, 'status', NO_ARGUMENTS));
  program
    .command('ping')
    .description('whether the gateway answers, and how fast')
    .action(() => ping(context));
}

async function ping(context: Context): Promise<void> {
  const elapsed = await withClient(context, async (client) => {
    const startedAt = performance.now();
    await askClient(client, 'ping');
    return Math.round((performance.now() - startedAt) * 10) / 10;
  });
  context.printer().value({ pong: true, elapsed_ms: elapsed }, () => `Pong (${elapsed} ms)`);
}

/** A gateway on another machine counts as ended when it no longer answers. */
async function stop(context: Context, timeoutMs: number): Promise<void> {
  const [pid, isLocal] = await withClient(context, async (client) => {
    const found = await processesOf(client);
    await askClient(client, 'quitquitquit');
    return [found.pid, client.isLocal];
  });
  const isOver = async (): Promise<boolean> =>
    isLocal && pid !== undefined ? hasEnded(pid) : !(await isServing(context));
  await until(isOver, timeoutMs, 'the gateway has not ended');
  context.printer().value({ pid }, () => `Process ${pid} has ended.`);
}

/** Waits for the new process. Of several workers on one port any may answer; only one serves the state directory. */
async function restart(context: Context, timeoutMs: number): Promise<void> {
  const [{ serving: before, hasWorkers }, isLocal] = await withClient(context, async (client) => {
    const found = await processesOf(client);
    await askClient(client, 'restart');
    return [found, client.isLocal];
  });
  if (hasWorkers && !isLocal) {
    context.printer().value({ pid: before }, () => 'The worker processes are being replaced.');
    return;
  }
  let pid = before;
  const isReplaced = async (): Promise<boolean> => {
    pid = await withClient(context, processesOf).then(
      ({ serving }) => serving,
      () => before,
    );
    return pid !== before;
  };
  await until(isReplaced, timeoutMs, 'the running version goes on, the new one does not serve');
  context.printer().value({ pid, before }, () => `Process ${pid} has taken the place of ${before}.`);
}
