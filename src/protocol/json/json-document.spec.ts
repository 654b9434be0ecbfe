import { InputBounds, INPUT_BOUNDS, MAX_DIGITS, MAX_JSON_DEPTH } from './bounds.js';
import { JsonDocument } from './json-document.js';
import { JsonError } from './json.js';

const parseJson = (text: string): unknown => JsonDocument.read(text).value;

describe('parsing', () => {
  it.each(['', '{', '{"a":01}', 'NaN', '[1,]', '{"a":1}x', '\ufeff{}', "{'a':1}"])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  it('refuses text that is nested deeper than the limit, and takes text at the limit', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parseJson(nested(MAX_JSON_DEPTH))).not.toThrow();
    expect(() => parseJson(nested(MAX_JSON_DEPTH + 1))).toThrow(JsonError);
    expect(() => parseJson(nested(500_000))).toThrow(JsonError);
    expect(() => parseJson(JSON.stringify({ brackets: '['.repeat(1000) }))).not.toThrow();
  });

  it('finds members in objects only', () => {
    expect(JsonDocument.read('[1]').members).toBeUndefined();
    expect(JsonDocument.read('null').members).toBeUndefined();
    expect(JsonDocument.read('{"a":1}').members?.get('a')).toBe('1');
  });
});

describe('the bounds of JSON', () => {
  const digits = '1'.repeat(MAX_DIGITS);
  const members = Array.from({ length: INPUT_BOUNDS.maxParts - 1 }, (_, index) => `"${index}":0`);

  it.each([
    ['digits of one number', `[${digits},-${digits},0.${digits.slice(1)}]`],
    ['digits in a string', `["${digits}1","\\"${digits}1"]`],
    ['members with their object', `{${members.join()}}`],
    ['lists', `[${'[],'.repeat(INPUT_BOUNDS.maxParts - 2)}[]]`],
    ['values that are neither', `[${'0,'.repeat(2 * INPUT_BOUNDS.maxParts)}":{[${'{'.repeat(9)}"]`],
  ])('are kept by as many as there may be: %s', (_, text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['digits', `[1,${digits}1]`, /number of more than 1000 digits/],
    ['digits behind a point', `{"a":1.${digits}}`, /number of more than 1000 digits/],
    ['digits of the power', `1e-${digits}1`, /number of more than 1000 digits/],
    ['members', `{"more":0,${members.join()}}`, /more than 100000 objects, lists and names/],
    ['lists', `[${'[],'.repeat(INPUT_BOUNDS.maxParts - 1)}[]]`, /more than 100000 objects, lists and names/],
    ['objects before a fault', `[${'{},'.repeat(INPUT_BOUNDS.maxParts)}`, /more than 100000 objects/],
  ])('are exceeded by one more: %s', (_, text, message) => {
    expect(() => parseJson(text)).toThrow(JsonError);
    expect(() => parseJson(text)).toThrow(message);
  });

  it('end at a string that does not', () => {
    expect(() => parseJson(`["${'x'.repeat(2_000)}`)).toThrow('not JSON');
  });

  it('are those that are given, and wider for what was wrapped', () => {
    const bounds = new InputBounds(3, 2);
    for (const text of ['{"a":[]}', '[[1],[2]]'])
      expect(JsonDocument.read(text, { bounds }).value).toEqual(JSON.parse(text));
    for (const text of ['{"a":1,"b":2,"c":3}', '[[[]]]'])
      expect(() => JsonDocument.read(text, { bounds })).toThrow(JsonError);
    const wrapped = '{"x":0,"y":0,"data":[[1],[2]]}';
    expect(() => JsonDocument.read(wrapped, { bounds })).toThrow(JsonError);
    expect(() => JsonDocument.read(wrapped, { bounds: bounds.wrappedIn(3) })).not.toThrow();
  });
});

describe('what was read', () => {
  it('is the text that came as bytes, which are UTF-8', () => {
    expect(JsonDocument.read(Buffer.from('{"é":1}')).text).toBe('{"é":1}');
    expect(() => JsonDocument.read(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not UTF-8');
  });

  it('is refused by the error of who reads', () => {
    class Fault extends Error {}
    for (const source of ['{', Buffer.from([0xff])])
      expect(() => JsonDocument.read(source, { fault: Fault })).toThrow(Fault);
  });
});
