import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { WebSocket } from 'ws';

/** What the published client of Shirow gives to a page. */
export interface Shirow {
  emit(name: string, ...parameters: unknown[]): ShirowAnswer;
  emitForce(name: string, ...parameters: unknown[]): ShirowAnswer;
  disconnect(): void;
}

/** Handlers of one call; those of results are told each of them. */
export interface ShirowAnswer {
  then(told: (result: unknown) => void): ShirowAnswer;
  catch(told: (error: unknown) => void): ShirowAnswer;
}

/** The published client as it is, outside of a browser: with a WebSocket from elsewhere, and what it logs left out. */
export function openShirow(url: string): Shirow {
  const file = createRequire(import.meta.url).resolve('shirow');
  const names = ['module', 'exports', 'require', 'WebSocket', 'console'];
  const module = { exports: {} as { default?: (url: string) => Shirow } };
  const console = { log: () => undefined };
  const define = compileFunction(readFileSync(file, 'utf8'), names) as (...given: unknown[]) => void;
  define(module, module.exports, createRequire(file), WebSocket, console);
  return module.exports.default!(url);
}
