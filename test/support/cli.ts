import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The built command line. */
export const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What {@link inShell} lets happen before it gives up. */
const SHELL_TIMEOUT_MS = 60_000;

/** Variables that name a configuration, which is written to a file in a folder. */
export async function configuredIn(folder: string, config: object): Promise<Record<string, string>> {
  const file = join(folder, 'kittiwake.yaml');
  await writeFile(file, JSON.stringify(config)); // JSON is YAML too
  return { KITTIWAKE_CONFIG: file };
}

/** Runs a script of bash, which knows `kittiwake`, in a folder. */
export async function inShell(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const whole = `kittiwake() { "${process.execPath}" "${CLI}" "$@"; }\n${script}`;
  const options = { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: SHELL_TIMEOUT_MS };
  return promisify(execFile)('bash', ['--norc', '-c', whole], options);
}
