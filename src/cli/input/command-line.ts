/** The options that every command has, and how many words each takes. */
const GLOBAL_OPTIONS: ReadonlyMap<string, number> = new Map([
  ['--url', 2],
  ['--secret-file', 2],
  ['--json', 1],
]);

/** A command line in the order in which it is to be parsed. */
export interface CommandLine {
  /** The options that every command has, with their values. */
  readonly options: readonly string[];
  /** The command and its arguments. */
  readonly words: readonly string[];
}

/**
 * Separates the options of every command, wherever they are, and puts `call` before a first word that is no command.
 * Words after the name of a procedure, or after `--`, are left alone.
 */
export function arranged(argv: readonly string[], isCommand: (word: string) => boolean): CommandLine {
  const options: string[] = [];
  const words = [...argv];
  let at = 0;
  while (at < words.length && words[at] !== '--') {
    const word = words[at]!;
    const [option = ''] = word.split('=', 1);
    const length = GLOBAL_OPTIONS.get(option);
    if (length !== undefined) options.push(...words.splice(at, word === option ? length : 1));
    else if (at === 0 && !word.startsWith('-') && !isCommand(word)) words.unshift('call');
    else if (at === 1 && words[0] === 'call') break;
    else at++;
  }
  return { options, words };
}

/** Whether the word after an option is its value. */
export function takesValue(option: string): boolean {
  return GLOBAL_OPTIONS.get(option) === 2;
}
