import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProceduresLocalSettings } from '../../config/sections/procedures/local.settings.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';

const LINE = /^--(\w+)=(.*)$/;

/** Reads the saved values by key; empty when there is no file or no state folder. */
export function readConfigFile(settings: ProceduresLocalSettings): ReadonlyMap<string, string> {
  const lines = (contentOf(pathOf(settings)) ?? '').split('\n').map((line) => LINE.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[1]!, match[2]!] as const] : [])));
}

/** Replaces the file atomically. @throws {ProcedureError} when there is no state folder. */
export async function writeConfigFile(settings: ProceduresLocalSettings, content: string): Promise<void> {
  const path = pathOf(settings);
  if (path === undefined) throw new ProcedureError('there is no state folder to save it in');
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, content, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function pathOf({ stateDir, worker }: ProceduresLocalSettings): string | undefined {
  return stateDir === undefined ? undefined : join(stateDir, `${worker}.cfg`);
}

function contentOf(path: string | undefined): string | undefined {
  try {
    return path && readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
