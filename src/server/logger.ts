import type { LoggerService } from '@nestjs/common';
import { createRequire } from 'node:module';
import { pino, type Logger } from 'pino';
import type { prettyFactory } from 'pino-pretty';
import type { LogSettings } from '../config/sections/log.settings.js';
import { VERSION } from '../config/version.js';
import { LogLine } from '../metrics/log-line.js';
import { LogOutput } from './log-output.js';

/** Contexts of Nest's start-up lines, which only help developers. */
const CHATTY = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

/** The context of errors that Nest throws as well; they are reported where they are caught. */
const THROWING = 'NestApplication';

/** The fields of every line, as the logs of several gateways are collected in one place. */
const BASE = { service: 'kittiwake', version: VERSION, pid: process.pid };

/** Nest's log, written by pino: JSON lines for machines, coloured lines on a terminal. */
export class PinoLogger implements LoggerService {
  private readonly pino: Logger;

  constructor({ level, format }: LogSettings) {
    const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
    const output = new LogOutput((failure, lines) =>
      this.warn(`the log could not be written (${failure}): ${lines} lines are lost`, 'Kittiwake'),
    );
    const prettify = isPretty ? prettifier() : String;
    this.pino = pino(
      { level, base: BASE, timestamp: pino.stdTimeFunctions.isoTime },
      { write: (line) => output.write(prettify(line)) },
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(CHATTY.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write(rest.at(-1) === THROWING ? 'debug' : 'error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest gives the context last, and before it the stack of an error. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest.at(-2) : undefined;
    const fields = { context, ...(typeof stack === 'string' && { stack }) };
    if (message instanceof LogLine) this.pino[level]({ ...fields, ...message.fields }, message.text);
    else if (message instanceof Error) this.pino[level]({ ...fields, err: message }, message.message);
    else this.pino[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
  }
}

/** Loaded only for the pretty format: it is larger than all else that a log needs. */
function prettifier(): (line: string) => string {
  const pretty = createRequire(import.meta.url)('pino-pretty') as {
    readonly prettyFactory: typeof prettyFactory;
  };
  return pretty.prettyFactory({
    colorize: process.stdout.isTTY,
    translateTime: 'HH:MM:ss.l',
    messageFormat: '{context}: {msg}',
    ignore: 'context,service,version,pid',
  });
}
