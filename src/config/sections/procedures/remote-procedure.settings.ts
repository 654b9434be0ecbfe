import { texts, textMap } from '../../kinds/collection.kind.js';
import { duration, integer } from '../../kinds/number.kind.js';
import { section } from '../../kinds/section.kind.js';
import { type Disagreement, Rule, Setting } from '../../kinds/setting.decorator.js';
import { CALLBACK_URL, FILLED_TEXT, HEADER_NAME, HEADER_VALUE, PARAMETER } from '../../kinds/text-format.js';
import { flag, text } from '../../kinds/text.kind.js';
import { ResumableSettings } from './resumable.settings.js';

/** A procedure that is an HTTP endpoint of the app. */
@Rule(parametersAreInOrder)
@Rule(parametersDiffer)
export class RemoteProcedureSettings {
  @Setting({ kind: text(CALLBACK_URL), about: 'Asked by POST, with the parameters and the identity.' })
  readonly url!: string;

  @Setting({ kind: flag(), about: 'Whether anyone may call it, also without an identity.' })
  readonly public: boolean = false;

  @Setting({ kind: text(FILLED_TEXT), optional: true, about: 'What it does, for help.' })
  readonly description?: string;

  @Setting({
    kind: texts(PARAMETER),
    optional: true,
    about:
      'Its parameters in their order, such as `a:int`, `b:str?` or `*x`: a name, then a type if it is to be converted (int, float, bool, str, bytes), then `?` if it can be left out; `*` before the name of what can be given by name only. Without the list any are taken.',
  })
  readonly parameters?: readonly string[];

  @Setting({ kind: flag(), about: 'Whether help says that it gives a stream of results.' })
  readonly stream: boolean = false;

  @Setting({
    kind: integer({ min: 0 }),
    optional: true,
    about: 'The most calls of it at a time; `0` is no limit.',
  })
  readonly concurrency?: number;

  @Setting({
    kind: duration(),
    optional: true,
    about:
      'How long a call may take, a stream until its end; `0s` is for ever. Without it, the answer has to begin within `callbacks.timeout`.',
  })
  readonly deadlineMs?: number;

  @Setting({
    kind: section(ResumableSettings),
    optional: true,
    about:
      'How its calls are kept, so that they outlive the connection of their caller; without this section they end with it.',
  })
  readonly resumable?: ResumableSettings;

  @Setting({
    kind: textMap(HEADER_NAME, HEADER_VALUE),
    secret: true,
    about: "Headers of the request, such as the app's API key.",
  })
  readonly headers: Readonly<Record<string, string>> = {};
}

/** Refuses a name given twice: an argument is for one parameter. */
function parametersDiffer({ parameters = [] }: RemoteProcedureSettings): Disagreement | undefined {
  const names = parameters.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined) return undefined;
  return { key: 'parameters', found: JSON.stringify(twice), expected: 'each name once' };
}

/** Checks the order: a call that gives an argument by position gives all before it. */
function parametersAreInOrder({ parameters = [] }: RemoteProcedureSettings): Disagreement | undefined {
  const misplaced = parameters.find((parameter, index) => {
    const before = parameters.slice(0, index);
    if (isNamedOnly(parameter)) return false;
    return before.some(isNamedOnly) || (!isOptional(parameter) && before.some(isOptional));
  });
  if (misplaced === undefined) return undefined;
  return {
    key: 'parameters',
    found: JSON.stringify(misplaced),
    expected: 'those that a call needs first, then those that it can leave out, then those with `*`',
  };
}

function nameOf(parameter: string): string {
  return /\w+/.exec(parameter)![0];
}

function isNamedOnly(parameter: string): boolean {
  return parameter.startsWith('*');
}

function isOptional(parameter: string): boolean {
  return parameter.endsWith('?');
}
