#!/usr/bin/env node
import 'reflect-metadata';
import { ConfigurationError } from '../config/configuration-error.js';
import { CommandError } from './command-error.js';
import { arranged } from './input/command-line.js';
import { EXIT } from './exit-code.js';
import { createProgram } from './program.js';

// The reader of the output has closed it: `kittiwake listen books.1 | head -1`.
process.stdout.on('error', () => process.exit(EXIT.io));

try {
  const program = createProgram();
  const isCommand = (word: string): boolean => program.commands.some((command) => command.name() === word);
  const { options, words } = arranged(process.argv.slice(2), isCommand);
  await program.parseAsync([...options, ...words], { from: 'user' });
} catch (error) {
  if (!(error instanceof ConfigurationError) && !(error instanceof CommandError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof CommandError ? error.exitCode : EXIT.notRunning;
}
