import { CallbackAnswerError } from '../../protocol/errors.js';
import { toJsonText, type JsonText } from '../../protocol/json/json.js';
import { Permissions } from './permissions.js';
import { Room } from './room.js';

const room = (value: object): Room => Room.parse(toJsonText(value))!;
const permissions = (...rooms: object[]): Permissions => new Permissions(toJsonText(rooms));

describe('permissions', () => {
  it('list each room once, the first spelling of equal ones, byte for byte', () => {
    const text = '[ {"a":1.0, "b":2} ,{"b":2,"a":1},{"b":2},{"a":"1","b":2},{"b":2}]' as JsonText;
    expect(new Permissions(text).text).toBe('[{"a":1.0, "b":2},{"b":2},{"a":"1","b":2}]');
    expect(permissions().text).toBe('[]');
  });

  it('cover the very same room, whatever the order of keys', () => {
    expect(permissions({ a: 1, b: { c: 1, d: 2 } }).covers(room({ b: { d: 2, c: 1 }, a: 1 }))).toBe(true);
    expect(permissions({ a: 1 }).covers(room({ a: '1' }))).toBe(false);
    expect(permissions({ a: 1 }).covers(room({ a: true }))).toBe(false);
  });

  it('cover any value of a key by a wildcard, in rooms of the same keys', () => {
    const any = permissions({ a: '*', b: 1 });
    for (const a of [1, null, '*', 'x', [1], { c: 1 }]) expect(any.covers(room({ a, b: 1 }))).toBe(true);
    for (const other of [{ a: 1 }, { a: 1, b: 2 }, { a: 1, b: 1, c: 1 }, { b: 1 }, {}]) {
      expect(any.covers(room(other))).toBe(false);
    }
  });

  it('do not cover a wildcard by a value, and know no partial or nested ones', () => {
    expect(permissions({ a: 1 }).covers(room({ a: '*' }))).toBe(false);
    expect(permissions({ a: 'x*' }).covers(room({ a: 'xy' }))).toBe(false);
    expect(permissions({ a: { b: '*' } }).covers(room({ a: { b: 1 } }))).toBe(false);
  });

  it('do not combine', () => {
    expect(permissions({ a: '*', b: 1 }, { a: 1, b: '*' }).covers(room({ a: 2, b: 2 }))).toBe(false);
  });

  it.each(['null', '{}', '"*"', '1', '[1]', '["a"]', '[{"a":1},null]', '[[]]'])(
    'cannot be read from %s',
    (text) => {
      expect(() => new Permissions(text as JsonText)).toThrow(CallbackAnswerError);
    },
  );
});
