import type { LoggerService } from '@nestjs/common';
import { pino, type Logger, type LoggerOptions } from 'pino';
import type { LogSettings } from '../config/log.settings.js';

/** What Nest tells of its own start: of use to developers only. */
const CHATTY = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
  'WebSocketsController',
]);

/** Nest's log, written by pino: JSON lines for machines, coloured lines on a terminal. */
export class PinoLogger implements LoggerService {
  private readonly pino: Logger;

  constructor({ level, format }: LogSettings) {
    const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY);
    const options: LoggerOptions = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
    const transport = {
      target: 'pino-pretty',
      options: { translateTime: 'HH:MM:ss.l', messageFormat: '{context}: {msg}', ignore: 'context' },
    };
    this.pino = pino(isPretty ? { ...options, transport } : options);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(CHATTY.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
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
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest.at(-2) : undefined;
    const fields = { context, ...(typeof stack === 'string' && { stack }) };
    if (message instanceof Error) this.pino[level]({ ...fields, err: message }, message.message);
    else this.pino[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
  }
}
