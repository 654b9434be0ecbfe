#!/usr/bin/env node
import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { ConfigurationError } from '../config/configuration-error.js';
import { maskedSettings } from '../config/masked-settings.js';
import { settingsFromEnvironment } from '../server/environment.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('kittiwake')
  .description('The realtime gateway for APIs that only speak HTTP.')
  .version(version);

program
  .command('start')
  .description('start the gateway in the foreground')
  .action(async () => {
    await import('../server/main.js');
  });

program
  .command('check-config')
  .description('check the configuration and print it as it will be used, with secrets masked')
  .action(async () => {
    process.stdout.write(stringify(maskedSettings(await settingsFromEnvironment())));
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
