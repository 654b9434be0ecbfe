import { tokenVerifiers } from '../auth/jwt/token-verifiers.js';
import { messageOf } from '../base/message-of.js';
import { ConfigurationError } from '../config/configuration-error.js';
import { fileProblems } from '../config/loading/files.js';
import { warningsAlone } from '../config/loading/warnings.js';
import type { Settings } from '../config/settings.js';
import { StateFolder } from '../rpc/local/state-folder.js';
import { certificate } from './certificate.js';

/**
 * Checks files, keys and the state folder as a start would, without one.
 * @returns warnings of what works, but hardly as it was meant.
 * @throws {ConfigurationError} when the gateway could not start.
 */
export function checkSettings(settings: Settings): string[] {
  const problems = fileProblems(settings);
  if (problems.length === 0) problems.push(...keyProblems(settings), ...folderProblems(settings));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return warningsAlone(settings);
}

function keyProblems({ server, auth }: Settings): string[] {
  const problems: string[] = [];
  try {
    if (server.tls) certificate(server.tls);
  } catch (error) {
    problems.push(...(error as ConfigurationError).problems);
  }
  try {
    if (auth.jwt) tokenVerifiers(auth.jwt);
  } catch (error) {
    problems.push(`auth.jwt: ${messageOf(error)}`);
  }
  return problems;
}

function folderProblems({ procedures }: Settings): string[] {
  const { stateDir, worker = '' } = procedures?.local ?? {};
  const problem = stateDir === undefined ? undefined : new StateFolder(stateDir, worker).problem();
  return problem === undefined ? [] : [problem];
}
