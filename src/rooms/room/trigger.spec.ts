import { Trigger, TriggerError } from './trigger.js';

function failure(text: string, maxRooms = 2): string {
  try {
    Trigger.parse(text, maxRooms);
  } catch (error) {
    if (error instanceof TriggerError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a trigger', () => {
  it('has rooms, data as they came, and whom it excludes', () => {
    const text = '{"x":1, "data": {"n": 1.0 } ,"rooms":[ {"b":1,"a":"*"}, {} ],"exclude":"\\u0069d"}';
    const trigger = Trigger.parse(text, 2);
    expect(trigger.text).toBe(text);
    expect(trigger.data).toBe('{"n": 1.0 }');
    expect(trigger.exclude).toBe('id');
    expect(trigger.rooms.map(({ keys, values }) => [keys, values])).toEqual([
      [
        ['a', 'b'],
        ['"*"', '1'],
      ],
      [[], []],
    ]);
  });

  it.each(['', ',"exclude":null'])('excludes nobody unless it says so: %j', (member) => {
    expect(Trigger.parse(`{"rooms":[],"data":null${member}}`, 2).exclude).toBeUndefined();
  });

  it('takes the last of members of the same name', () => {
    const trigger = Trigger.parse('{"rooms":1,"data":1,"data":2,"rooms":[{"a":1,"a":2}]}', 1);
    expect(trigger.data).toBe('2');
    expect(trigger.rooms[0]?.values).toEqual(['2']);
  });

  it.each([
    ['{', /^not JSON/],
    ['[]', /^a trigger must be a JSON object$/],
    ['null', /^a trigger must be a JSON object$/],
    ['{"data":1}', /^"rooms" must be a list$/],
    ['{"rooms":{},"data":1}', /^"rooms" must be a list$/],
    ['{"rooms":[]}', /^"data" is missing$/],
    ['{"rooms":[{},[]],"data":1}', /^"rooms\[1\]" must be a JSON object$/],
    ['{"rooms":[{},{},{}],"data":1}', /^"rooms" must not hold more than 2$/],
    ['{"rooms":[],"data":1,"exclude":{}}', /^"exclude" must be the id of a connection$/],
    [`{"rooms":[],"data":${'['.repeat(512)}${']'.repeat(512)}}`, /^nested deeper than 512$/],
  ])('is not %s', (text, message) => {
    expect(failure(text)).toMatch(message);
  });
});
