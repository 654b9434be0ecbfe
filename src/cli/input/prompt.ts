import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-code.js';

/**
 * Asks on the terminal, for one line.
 * @param isSecret whether the input is hidden while it is typed.
 * @throws {CommandError} when the question is refused with Ctrl-C or Ctrl-D.
 */
export async function prompt(question: string, isSecret = false): Promise<string> {
  let isSilent = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isSilent) process.stderr.write(chunk);
      done();
    },
  });
  let endOfLine = isSecret ? '\n' : ''; // a shown answer ends with its own
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const answer = terminal.question(`${question}: `);
    isSilent = isSecret;
    return await answer;
  } catch (cause) {
    endOfLine = '\n';
    throw new CommandError('nothing was answered', EXIT.interrupted, { cause });
  } finally {
    process.stderr.write(endOfLine);
    terminal.close();
  }
}
