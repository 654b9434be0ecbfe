import { Argument, type Command } from 'commander';
import { candidates } from '../candidates.js';
import { COMPLETION_SCRIPTS } from '../completion-scripts.js';
import type { Context } from '../context.js';

/** `kittiwake completion SHELL`, and the hidden command that its scripts ask for candidates. */
export function addCompletionCommands(program: Command, context: Context): void {
  program
    .command('completion')
    .description('print a script that completes commands and procedures: eval "$(kittiwake completion bash)"')
    .addArgument(new Argument('<shell>').choices(Object.keys(COMPLETION_SCRIPTS)))
    .action((shell: keyof typeof COMPLETION_SCRIPTS) => void process.stdout.write(COMPLETION_SCRIPTS[shell]));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      for (const candidate of await candidates(program, context, words.slice(1)))
        process.stdout.write(`${candidate}\n`);
    });
}
