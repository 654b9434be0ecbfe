import type { Calls } from '../../procedures/calls/calls.js';
import type { CallOrigin } from '../../procedures/procedure-call.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import type { Procedures } from '../../procedures/procedures.js';
import { builtIn, optional } from './built-in.js';
import type { ProceduresConfig } from './procedures-config.js';

/** The procedures that help lists apart from those of the app. */
const COMMANDS: readonly string[] = ['ping', 'help', 'config', 'quitquitquit'];
const LINE_LENGTH = 75;
const NO_HELP = 'No Help Available';

const DESCRIPTION = `/help [command]

Says what a procedure does, or, without a command, which procedures there are.`;

/** Makes the procedure that describes one, or lists all, of those that the caller may call. */
export function helpProcedure(
  calls: Calls,
  procedures: Procedures,
  config: ProceduresConfig,
): CallableProcedure {
  return builtIn({
    name: 'help',
    access: 'private',
    description: DESCRIPTION,
    parameters: [optional('command')],
    run: ({ origin }, [command]) => {
      if (command === undefined || command === null || command === '')
        return overview(calls, procedures, config, origin);
      const procedure = typeof command === 'string' ? calls.find(command, origin) : undefined;
      return `${(procedure?.signature.description ?? NO_HELP).trim()}\n`;
    },
  });
}

function overview(
  calls: Calls,
  procedures: Procedures,
  config: ProceduresConfig,
  origin: CallOrigin,
): string {
  const names = [...procedures.all]
    .map(({ signature }) => signature.name)
    .filter((name) => !COMMANDS.includes(name) && calls.find(name, origin))
    .toSorted();
  return `${configName(config)}

Commands: ${COMMANDS.filter((name) => calls.find(name, origin)).join(', ')}

${listed('API Commands: ', names)}

help <command> tells more of each.
`;
}

function configName(config: ProceduresConfig): string {
  return `${String(config.get('app_name'))}/${String(config.get('worker_name'))}`;
}

/** Wraps names after a title into lines of limited length. */
function listed(title: string, names: readonly string[]): string {
  const lines = [title];
  for (const [index, name] of names.entries()) {
    const isLast = index === names.length - 1;
    if (lines.at(-1)!.length + name.length > LINE_LENGTH) lines.push('   ');
    lines[lines.length - 1] += isLast ? name : `${name}, `;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}
