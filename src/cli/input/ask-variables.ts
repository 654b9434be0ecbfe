import type { NeededVariable } from '../../procedures/need-info.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { prompt } from './prompt.js';

const SECRET_TYPES: readonly unknown[] = ['password', 'secret'];

/** Asks on the terminal for the variables that a locked procedure needs. Secret ones are not echoed. */
export async function askVariables(
  variables: readonly NeededVariable[],
): Promise<Readonly<Record<string, unknown>>> {
  const answers: [string, unknown][] = [];
  for (const variable of variables) answers.push([variable.name, await ask(variable)]);
  return Object.fromEntries(answers);
}

/** An empty answer is the default, if there is one. */
async function ask({ name, type, default: preset, comment }: NeededVariable): Promise<unknown> {
  const isSecret = SECRET_TYPES.includes(type);
  const hasPreset = preset !== undefined && preset !== null;
  const shown = typeof preset === 'string' ? preset : richJsonText(preset);
  const answer = await prompt(`${comment ?? name}${hasPreset && !isSecret ? ` [${shown}]` : ''}`, isSecret);
  return answer === '' && hasPreset ? preset : answer;
}
