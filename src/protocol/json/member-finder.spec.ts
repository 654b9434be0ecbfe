import { JsonDocument } from './json-document.js';
import { MemberFinder } from './member-finder.js';

const NAMES = ['data', 'a', 'subscription'];
const finder = new MemberFinder(NAMES);

/** The texts of the members that were found; nothing when the bytes were not taken. */
function found(text: string): (string | undefined)[] | undefined {
  const bytes = Buffer.from(text);
  if (!finder.find(bytes)) return undefined;
  return NAMES.map((_, index) => {
    const end = finder.places[2 * index + 1]!;
    return end === 0 ? undefined : bytes.toString('utf8', finder.places[2 * index], end);
  });
}

/** The same from a text that is parsed. */
function parsed(text: string): (string | undefined)[] | undefined {
  try {
    const { members } = JsonDocument.read(text);
    return members && NAMES.map((name) => members.get(name));
  } catch {
    return undefined; // not JSON
  }
}

const OBJECTS = [
  '{}',
  ' \t\r\n{ } \n',
  '{"data":1}',
  ' { "data" : 1 , "a" :\n[ ] , "x" : { "data" : 2 } , "subscription" : "books.1" } ',
  '{"data":1,"data":2,"data2":3,"dat":4}',
  '{"a":-0.5e+10,"data":0,"x":[1E5,1e-0,-1,0.0,12345678901234567890]}',
  '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D","data":"é🐱\u007f","x":"}],{["}',
  '{"data":[true,false,null,[[]],{"a":{}},"",[{}]],"":null}',
  `{"data":${'['.repeat(511)}${']'.repeat(511)}}`,
];

const OTHERS = [
  '',
  ' ',
  '[]',
  '"data"',
  '{',
  '{"data"}',
  '{"data":}',
  '{"data":1,}',
  '{,"data":1}',
  '{"data":1 "a":2}',
  '{"data":1}}',
  '{"data":1}{',
  '{data:1}',
  '{"data":01}',
  '{"data":1.}',
  '{"data":.5}',
  '{"data":+1}',
  '{"data":-}',
  '{"data":1e}',
  '{"data":1e+}',
  '{"data":tru}',
  '{"data":nullx}',
  '{"data":NaN}',
  '{"data":"\\x"}',
  '{"data":"\\u12g4"}',
  '{"data":"\\u123"}',
  '{"data":"\t"}',
  '{"data":"\u0000"}',
  '{"da\nta":1}',
  '{"data":"}',
  '{"data":[1,]}',
  '{"data":[1 2]}',
  '{"data":[}',
  '{"data":{"a"}}',
  '{"data":{"a":1,}}',
  '{"data":{1:1}}',
  '\u00a0{}',
  '{}\ufeff',
  `{"data":${'['.repeat(512)}${']'.repeat(512)}}`,
  `{"data":${'{"a":'.repeat(512)}1${'}'.repeat(512)}}`,
];

describe('members of an object', () => {
  it.each(OBJECTS)('are found as in the parsed text: %j', (text) => {
    expect(parsed(text)).toBeDefined();
    expect(found(text)).toEqual(parsed(text));
  });

  it.each(OTHERS)('are not looked for in what is none: %j', (text) => {
    expect([found(text), parsed(text)]).toEqual([undefined, undefined]);
  });

  it('are left to the parser when a name would have to be decoded', () => {
    expect(found('{"d\\u0061ta":1}')).toBeUndefined();
  });

  it('are never found where the parser finds fault, nor others than it finds', () => {
    const alphabet = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'u',
      '0',
      '1',
      '-',
      '.',
      'e',
      't',
      ' ',
      '\n',
      'é',
      '\u0001',
    ];
    let seed = 5;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    let valid = 0;
    for (let i = 0; i < 20_000; i++) {
      let text = OBJECTS[random(OBJECTS.length - 1)]!;
      for (let edits = random(4); edits > 0; edits--) {
        const at = random(text.length + 1);
        text =
          text.slice(0, at) +
          (random(3) ? alphabet[random(alphabet.length)] : '') +
          text.slice(at + random(2));
      }
      text = Buffer.from(text).toString(); // an emoji may have been cut in two
      const result = found(text);
      if (result === undefined) continue;
      valid++;
      expect([text, result]).toEqual([text, parsed(text)]);
    }
    expect(valid).toBeGreaterThan(5_000);
  });

  it('are found within bytes that are part of others', () => {
    const bytes = Buffer.from('x"{"data":[1],"a":tru}e');
    expect(finder.find(bytes.subarray(2, 22))).toBe(false);
    expect(finder.find(Buffer.from('{"data":1}').subarray(0, 9))).toBe(false);
  });
});
