import { element } from './element.js';
import { isJson } from './json.js';

const POSITIONAL = '_args';
const INTEGER = /^[+-]?\d+$/;

/** How the text of a field becomes JSON, by the type of its schema. Nothing: it cannot. */
const TO_JSON = {
  integer: (text) => (INTEGER.test(text.trim()) ? String(BigInt(text.trim().replace('+', ''))) : undefined),
  number: (text) => (isJson(text) && typeof JSON.parse(text) === 'number' ? text.trim() : undefined),
  boolean: (text) => text,
  string: (text) => JSON.stringify(text),
  choice: (text) => text,
  bytes: (text) => JSON.stringify(text),
  list: (text) => (isJson(text) && Array.isArray(JSON.parse(text)) ? text : undefined),
  members: (text) => (/^\s*\{.*\}\s*$/s.test(text) && isJson(text) ? text : undefined),
  any: (text) => (isJson(text) ? text : undefined),
};

const HINTS = {
  bytes: 'text, sent as UTF-8',
  list: 'JSON list',
  members: 'JSON object',
  choice: '',
  any: 'JSON',
};

let made = 0;

/** The fields of a request's body. */
export class Fields {
  constructor(schema, resolve) {
    const [named, byPosition] = (schema.anyOf ?? [schema]).map(resolve);
    const { properties = {}, required = [], additionalProperties } = named;
    this.fields = Object.entries(properties).map(([name, property]) => {
      const kind = kindOf(property, resolve(property));
      return fieldOf(name, kind, required.includes(name), resolve(property));
    });
    const list = byPosition?.properties?.[POSITIONAL];
    if (list && list.maxItems === undefined)
      this.fields.push(fieldOf(POSITIONAL, 'list', false, { description: 'Arguments by position.' }));
    if (additionalProperties !== false)
      this.fields.push(fieldOf('others', 'members', false, { description: 'Further members.' }));
  }

  get elements() {
    return this.fields.map(({ row }) => row);
  }

  /** The body, as JSON. It is put together as text, so that no number loses digits. Throws what is wrong. */
  read() {
    return `{${this.fields.flatMap((field) => membersOf(field)).join(', ')}}`;
  }
}

function membersOf({ name, kind, isRequired, input }) {
  const text = input.value;
  if (text === '' && !(isRequired && (kind === 'string' || kind === 'bytes'))) {
    if (!isRequired) return [];
    throw refusal(input, `${name} is missing`);
  }
  const json = TO_JSON[kind](text);
  if (json === undefined) throw refusal(input, `${name} is not ${HINTS[kind] ?? `of the type ${kind}`}`);
  if (kind === 'members') return json.trim().slice(1, -1).trim() || [];
  return `${JSON.stringify(name)}: ${json}`;
}

function refusal(input, message) {
  return Object.assign(new Error(message), { input });
}

function kindOf({ $ref = '' }, schema) {
  if (schema.enum) return 'choice';
  if ($ref.endsWith('/Bytes')) return 'bytes';
  return Object.hasOwn(TO_JSON, schema.type) ? schema.type : 'any';
}

function fieldOf(name, kind, isRequired, schema) {
  const id = `field-${++made}`;
  const input = inputOf(kind, schema, { id, name, 'aria-describedby': `${id}-hint` });
  const hint = element('span', { id: `${id}-hint`, class: 'hint' }, hintOf(kind, isRequired, schema));
  const row = element('div', { class: 'field' }, element('label', { for: id }, name), input, hint);
  return { name, kind, isRequired, input, row };
}

function inputOf(kind, schema, attributes) {
  if (kind === 'boolean') return choiceOf(['', 'true', 'false'], attributes);
  if (kind === 'choice')
    return choiceOf(['', ...schema.enum.map((value) => JSON.stringify(value))], attributes);
  if (['any', 'list', 'members'].includes(kind))
    return element('textarea', { ...attributes, rows: 1, spellcheck: 'false' });
  const isNumber = kind === 'integer' || kind === 'number';
  return element('input', { ...attributes, autocomplete: 'off', ...(isNumber && { inputmode: 'decimal' }) });
}

function choiceOf(values, attributes) {
  return element('select', attributes, ...values.map((value) => element('option', { value }, value)));
}

function hintOf(kind, isRequired, schema) {
  const { minimum, maximum, minLength, maxLength, multipleOf, description } = schema;
  const words = [
    isRequired ? 'required' : 'optional',
    HINTS[kind] ?? (multipleOf === 1 ? 'integer' : kind),
    rangeOf(minimum, maximum, ''),
    rangeOf(minLength, maxLength, ' characters'),
    kind === 'bytes' ? '' : description,
  ];
  return words.filter(Boolean).join(', ');
}

function rangeOf(least, most, unit) {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}
