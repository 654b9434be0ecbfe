import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../../base/message-of.js';
import { ConfigurationError } from '../configuration-error.js';

/**
 * Reads a YAML (or JSON) file.
 * @throws {ConfigurationError} when it cannot be read, or is not one YAML document; the message names file and line.
 */
export function readConfigurationFile(path: string): unknown {
  const lines = new LineCounter();
  // Pretty errors quote the surrounding lines, and any secrets in them.
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false, merge: true });
  const problems = [...document.errors, ...document.warnings].map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0]);
    return `${path}:${line}:${col}: ${message}`;
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw new ConfigurationError([`${path}: ${messageOf(error)}`], { cause: error });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`KITTIWAKE_CONFIG: the file cannot be read: ${messageOf(error)}`], {
      cause: error,
    });
  }
}
