import { stringify } from 'lossless-json';
import { styleText } from 'node:util';
import { isObject } from '../protocol/json/json.js';
import { parseRichJson, richJsonText } from '../protocol/json/rich-json.js';
import { formatted } from './formatted.js';
import type { CallResult } from './gateway/gateway-client.js';

/** The stream for results; a terminal knows whether it has colours, and minds `NO_COLOR`. */
interface Output {
  write(data: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
}

const INDENT = 2;
/** The texts and names, words and numbers of JSON. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Writes results for people, or with `--json` for programs: one line of JSON each. */
export class Printer {
  constructor(
    private readonly isJson: boolean,
    private readonly output: Output = process.stdout,
  ) {}

  /** Prints a value, or raw bytes as they are. */
  result(result: CallResult): void {
    if ('bytes' in result) this.output.write(result.bytes);
    else this.value(result.value);
  }

  /** @param textFor the form for people. Default: as the `_format` of the value says, else JSON. */
  value<Value>(value: Value, textFor = (shown: Value): string => this.forPeople(shown)): void {
    this.output.write(`${this.isJson ? richJsonText(value) : textFor(value)}\n`);
  }

  private forPeople(value: unknown): string {
    if (typeof value === 'string') return value.replace(/\n$/, '');
    if (isObject(value) && typeof value._format === 'string') return formatted(value._format, value);
    return this.output.isTTY ? this.forTerminal(richJsonText(value)) : richJsonText(value);
  }

  /** On one line, if it fits. */
  private forTerminal(text: string): string {
    const isLong = text.length > (this.output.columns || 80);
    const shown = isLong
      ? (stringify(parseRichJson(text, { bytes: false }), undefined, INDENT) ?? text)
      : text;
    return this.output.hasColors?.() ? shown.replace(TOKEN, coloured) : shown;
  }
}

function coloured(token: string, text?: string, colon?: string): string {
  if (text === undefined) return styled('yellow', token);
  return colon === undefined ? styled('green', text) : styled('cyan', text) + colon;
}

/** Without Node's check of standard output: the caller has asked the output in use. */
function styled(colour: 'yellow' | 'green' | 'cyan', text: string): string {
  return styleText(colour, text, { validateStream: false });
}
