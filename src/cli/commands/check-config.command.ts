import type { Command } from 'commander';
import type { Context } from '../context.js';

/** `kittiwake check-config`. */
export function addCheckConfigCommand(program: Command, context: Context): void {
  program
    .command('check-config')
    .description('check the configuration and print it as it will be used, with secrets masked')
    .action(async () => {
      const { stringify } = await import('yaml');
      const { maskedSettings } = await import('../../config/loading/masked-settings.js');
      const { checkSettings } = await import('../../server/check-settings.js');
      const settings = await context.settings();
      for (const warning of checkSettings(settings)) process.stderr.write(`warning: ${warning}\n`);
      const masked = maskedSettings(settings);
      context.printer().value(masked, (shown) => stringify(shown).trimEnd());
    });
}
