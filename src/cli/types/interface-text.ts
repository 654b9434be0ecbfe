import type {
  ToldInterface,
  ToldParameter,
  ToldProcedure,
  ToldRooms,
  ToldService,
} from '../../operators/procedures/told-interface.js';
import { around, commentText, memberName, parameterName, textLiteral } from './literals.js';

const HEADER = '/* Made by `kittiwake types` of what the gateway knows. Made anew, not changed by hand. */';
const UNKNOWN = 'unknown';
const NOTHING = 'Record<never, never>';

/** The types of arguments, by their names in declarations: as a client sends them. */
const ARGUMENTS: ReadonlyMap<string | undefined, string> = new Map([
  ['int', 'number'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['str', 'string'],
  ['bytes', 'string | { __base64__: string }'],
]);
/** As {@link ARGUMENTS}, of results: as a client gets them. */
const RESULTS: ReadonlyMap<string | undefined, string> = new Map([
  ...ARGUMENTS,
  ['bytes', '{ __base64__: string }'],
]);

/** The interface that `createClient` of kittiwake-client takes, as TypeScript. The same for the same, whatever the order. */
export function interfaceText({ services, rooms, procedures }: ToldInterface): string {
  const parts = [
    HEADER,
    '/** What clients of this gateway meet: `createClient<App>(…)`. */\n' +
      block('export interface App', [
        'topics: Topics;',
        ...(rooms ? [`rooms: { room: object; ${presenceOf(rooms)}data: ${UNKNOWN} };`] : []),
        'procedures: Procedures;',
      ]),
    declaration('Topics', byName(services).map(topicsOf)),
    declaration('Procedures', byName(procedures).flatMap(linesOf)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function byName<Named extends { readonly name: string }>(all: readonly Named[]): readonly Named[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function declaration(name: string, lines: readonly string[]): string {
  return lines.length === 0 ? `export type ${name} = ${NOTHING};` : block(`export interface ${name}`, lines);
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map((line) => `  ${line}\n`).join('')}}`;
}

function topicsOf({ name, topics = [`${name}.`, ''], fields, presence }: ToldService): string {
  const parts = [
    ...(fields.length > 0 ? [`fields: ${membersOf(fields)}`] : []),
    ...(presence ? [`presence: ${membersOf(presence)}`] : []),
  ];
  return `[name: ${around(topics)}]: ${parts.length > 0 ? `{ ${parts.join('; ')} }` : NOTHING};`;
}

function presenceOf({ presence }: ToldRooms): string {
  return presence ? `presence: ${membersOf(presence)}; ` : '';
}

/** Each may be absent. */
function membersOf(names: readonly string[]): string {
  if (names.length === 0) return NOTHING;
  const members = names.toSorted().map((name) => `${memberName(name)}?: ${UNKNOWN}`);
  return `{ ${members.join('; ')} }`;
}

function linesOf(procedure: ToldProcedure): string[] {
  const { name, description = '', returns, isStream } = procedure;
  const result = RESULTS.get(returns) ?? UNKNOWN;
  const comment = commentText(summaryOf(name, description));
  return [
    ...(comment === '' ? [] : [`/** ${comment} */`]),
    `${memberName(name)}(${parametersOf(procedure)}): ${isStream ? `AsyncIterable<${result}>` : result};`,
  ];
}

/** After a paragraph that shows the call on the command line, it is the next one. */
function summaryOf(name: string, description: string): string {
  const [first = '', second = ''] = description.trim().split(/\n\s*\n/);
  return first.startsWith(`/${name}`) ? second : first;
}

/** By position, or by name in one object. */
function parametersOf(procedure: ToldProcedure): string {
  const { parameters, rest } = procedure;
  const listed = parameters.filter(({ isNamedOnly }) => !isNamedOnly);
  const needsNames = parameters.some(({ isNamedOnly, isOptional }) => isNamedOnly && !isOptional);
  const named = parameters.length > 0 || rest.named ? [namedArguments(procedure)] : [];
  if (named.length > 0 && listed.length === 0 && !rest.positional) return named[0]!.slice(1, -1);
  if (named.length === 0) return rest.positional ? '...more: unknown[]' : '';
  const forms = [...(needsNames ? [] : [positionalArguments(listed, rest.positional)]), ...named];
  return `...given: ${forms.join(' | ')}`;
}

function positionalArguments(parameters: readonly ToldParameter[], takesMore: boolean): string {
  const list = parameters.map((one, index) => {
    const mark = parameters.slice(index).every(({ isOptional }) => isOptional) ? '?' : '';
    return `${parameterName(one.name, index + 1)}${mark}: ${argumentType(one)}`;
  });
  return `[${[...list, ...(takesMore ? ['...more: unknown[]'] : [])].join(', ')}]`;
}

function namedArguments({ parameters, rest }: ToldProcedure): string {
  const members = parameters.map(
    (one) => `${memberName(one.name)}${one.isOptional ? '?' : ''}: ${argumentType(one)}`,
  );
  return `[named: { ${[...members, ...(rest.named ? ['[name: string]: unknown'] : [])].join('; ')} }]`;
}

function argumentType({ type, enum: values }: ToldParameter): string {
  if (!values || values.length === 0) return ARGUMENTS.get(type) ?? UNKNOWN;
  return values.map((value) => (typeof value === 'string' ? textLiteral(value) : String(value))).join(' | ');
}
