import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { addCallCommand } from './commands/call.command.js';
import { addCheckConfigCommand } from './commands/check-config.command.js';
import { addClientCommands } from './commands/client.commands.js';
import { addCompletionCommands } from './commands/completion.command.js';
import { addConfigCommand } from './commands/config.command.js';
import { addDoctorCommand } from './commands/doctor.command.js';
import { addHelpCommand } from './commands/help.command.js';
import { addInitCommand } from './commands/init.command.js';
import { addKeyCommand } from './commands/key.command.js';
import { addProcessCommands } from './commands/process.commands.js';
import { addPushCommands } from './commands/push.commands.js';
import { addStartCommand } from './commands/start.command.js';
import { addTokenCommand } from './commands/token.command.js';
import { addTypesCommand } from './commands/types.command.js';
import { addWatchCommands } from './commands/watch.commands.js';
import type { Context } from './context.js';
import { EXIT_CODES_HELP } from './exit-code.js';
import { GatewayFinder, type GatewayOptions } from './gateway/gateway-finder.js';
import { Printer } from './printer.js';

const HELP = `
A word that is no command is a procedure: \`kittiwake add 1 2\` is short for
\`kittiwake call add 1 2\`. The running gateway is found by the configuration,
read as at its start: through its state directory, else on its main port.

${EXIT_CODES_HELP}`;

interface GlobalOptions extends GatewayOptions {
  readonly json?: true;
}

/** The command line of `kittiwake`. */
export function createProgram(): Command {
  const program = new Command('kittiwake');
  program
    .description('The realtime gateway for APIs that only speak HTTP.')
    .version(version())
    .option(
      '--url <url>',
      'the running gateway, such as http://127.0.0.1:9000/rpc, instead of the configured one',
    )
    .option('--secret-file <file>', 'a file with its service secret, a token or an API key; - asks for it')
    .option('--json', 'print results as JSON, one line each')
    .enablePositionalOptions()
    .showHelpAfterError('(kittiwake help says how it is used)')
    .addHelpText('after', HELP);
  const context = contextOf(program);
  addInitCommand(program, context);
  addStartCommand(program, context);
  addProcessCommands(program, context);
  addCallCommand(program, context);
  addPushCommands(program, context);
  addClientCommands(program, context);
  addWatchCommands(program, context);
  addHelpCommand(program, context);
  addConfigCommand(program, context);
  addTypesCommand(program, context);
  addTokenCommand(program, context);
  addKeyCommand(program, context);
  addCheckConfigCommand(program, context);
  addDoctorCommand(program, context);
  addCompletionCommands(program, context);
  return program;
}

function contextOf(program: Command): Context {
  let loaded: Promise<Settings> | undefined;
  const settings = (): Promise<Settings> => (loaded ??= loadSettings());
  const finder = new GatewayFinder(() => program.opts<GlobalOptions>(), settings);
  return {
    settings,
    connect: () => finder.connect(),
    printer: () => new Printer(program.opts<GlobalOptions>().json ?? false),
  };
}

/** Imported on use: the reader takes long to load, and not every command needs it. */
async function loadSettings(): Promise<Settings> {
  const { settingsFromEnvironment } = await import('../server/environment.js');
  return settingsFromEnvironment();
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
