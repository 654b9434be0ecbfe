import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/message-of.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-code.js';
import { prompt } from './prompt.js';

const STDIN = 0;

/**
 * The text in a file, without white space around it; `-` is standard input: a terminal is asked for it, and does not
 * show it.
 * @throws {CommandError} when it cannot be read, or is empty.
 */
export async function readInput(file: string, question: string): Promise<string> {
  const isAsked = file === '-' && process.stdin.isTTY;
  const text = (isAsked ? await prompt(question, true) : contentOf(file)).trim();
  if (text === '') throw new CommandError(`${file === '-' ? 'standard input' : file} is empty`);
  return text;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file === '-' ? STDIN : file, 'utf8');
  } catch (cause) {
    throw new CommandError(messageOf(cause), EXIT.io, { cause });
  }
}
