import { Option, type Command } from 'commander';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { messageOf } from '../../base/message-of.js';
import { CommandError } from '../command-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-code.js';
import { type InitAnswers, PROOFS, PURPOSES, type Question, QUESTIONS } from '../init/answers.js';
import { configurationText, variablesOf } from '../init/configuration-text.js';
import { prompt } from '../input/prompt.js';

const SECRET_BYTES = 32;

interface InitOptions {
  readonly for?: string;
  readonly app?: string;
  readonly origin?: string;
  readonly auth?: string;
  readonly out: string;
  readonly force?: true;
}

/** The results: the file, and the secrets that it takes from the environment. */
interface Made {
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
}

const HELP = `
What no flag answers is asked for on a terminal; elsewhere it is as usual.`;

/** `kittiwake init`: writes a first configuration, and says how to go on. */
export function addInitCommand(program: Command, context: Context): void {
  program
    .command('init')
    .description('write a configuration file to begin with')
    .option('--for <what>', `what clients do: ${PURPOSES.join(', ')}, with commas between`)
    .option('--app <url>', 'where the app is')
    .option('--origin <url>', 'where its pages come from')
    .addOption(new Option('--auth <how>', 'how clients prove who they are').choices(PROOFS))
    .option('--out <file>', 'the file to write', 'kittiwake.yaml')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', HELP)
    .action(async (options: InitOptions) => {
      const answers = await answersOf(options);
      await write(options.out, configurationText(answers), options.force ?? false);
      const environment = Object.fromEntries(variablesOf(answers).map((name) => [name, secret()]));
      context.printer().value<Made>({ file: options.out, environment }, nextSteps);
    });
}

/** One after the other: what is usual depends on what was answered before. */
async function answersOf(options: InitOptions): Promise<InitAnswers> {
  let answers: Partial<InitAnswers> = {};
  for (const question of QUESTIONS) {
    const text = options[question.flag.slice('--'.length) as keyof InitOptions] as string | undefined;
    answers = { ...answers, [question.name]: question.read(text ?? (await askedFor(question, answers))) };
  }
  return answers as InitAnswers;
}

async function askedFor({ text, usual, isOpen }: Question, before: Partial<InitAnswers>): Promise<string> {
  const preset = usual(before);
  if (!process.stdin.isTTY || isOpen?.(before) === false) return preset;
  return (await prompt(`${text} [${preset}]`)).trim() || preset;
}

async function write(file: string, text: string, isForced: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: isForced ? 'w' : 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CommandError(`init: ${file} is there already; --force writes over it`, EXIT.notRunning, {
        cause,
      });
    throw new CommandError(`init: ${messageOf(cause)}`, EXIT.io, { cause });
  }
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function nextSteps({ file, environment }: Made): string {
  const variables = Object.entries({ ...environment, KITTIWAKE_CONFIG: file });
  const setting = variables.map(([name, value]) => `${name}=${quoted(value)}`).join(' ');
  return `${file} is written. Your app needs these secrets too; they are told only now:

  export ${setting}
  kittiwake start

When the app runs as well, \`kittiwake doctor\` says whether all that the file names is there.`;
}

/** As a POSIX shell takes it. */
function quoted(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
