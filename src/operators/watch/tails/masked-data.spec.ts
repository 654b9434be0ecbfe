import { richJsonText } from '../../../protocol/json/rich-json.js';
import { maskedData, maskedFrame, shownData } from './masked-data.js';

describe('masked data', () => {
  it('has the names of members and the types of values, and no value', () => {
    const data = {
      name: 'Ann',
      age: 41,
      big: 1,
      is: true,
      no: null,
      list: [1, 2, 3, 4, 5, 6],
      at: { x: 'y' },
    };
    expect(maskedData(JSON.stringify(data))).toEqual({
      name: '<text, 3>',
      age: '<number>',
      big: '<number>',
      is: '<boolean>',
      no: null,
      list: ['<number>', '<number>', '<number>', '<number>', '<number>', '<more, 1>'],
      at: { x: '<text, 1>' },
    });
    expect(maskedData('"secret"')).toBe('<text, 6>');
    expect(maskedData('not JSON')).toBe('<text, 8>');
  });

  it('says no more of what is deep, wide or long', () => {
    const deep = '{"a":'.repeat(9) + '1' + '}'.repeat(9);
    expect(JSON.stringify(maskedData(deep))).toBe('{"a":{"a":{"a":{"a":"<object>"}}}}');
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`n${index}`, index]));
    expect(maskedData(JSON.stringify(wide))).toMatchObject({ '…': '<more, 10>' });
    expect(maskedData(JSON.stringify('x'.repeat(20_000)))).toBe('<too long, 20002>');
    expect(shownData(JSON.stringify('x'.repeat(20_000)))).toBe('<too long, 20002>');
  });

  it('of a frame keeps what says what it is', () => {
    const frame = { event: 'message', subscription: 'books.1', data: { a: 'b' }, error: 'x'.repeat(300) };
    expect(maskedFrame(JSON.stringify(frame))).toEqual({
      event: 'message',
      subscription: 'books.1',
      data: { a: '<text, 1>' },
      error: '<text, 300>',
    });
  });
});

describe('data that is shown', () => {
  it('is as it came, with every digit', () => {
    const text = '{"a":12345678901234567890,"b":[1.5,"x"]}';
    expect(richJsonText(shownData(text))).toBe(text);
    expect(shownData('not JSON')).toBe('not JSON');
  });

  it('has no secrets', () => {
    const auth = {
      event: 'auth',
      ticket: 'a',
      jwt_token: 'b',
      more: [{ password: 'c', Authorization: 'd' }],
    };
    expect(shownData(JSON.stringify(auth))).toEqual({
      event: 'auth',
      ticket: '***',
      jwt_token: '***',
      more: [{ password: '***', Authorization: '***' }],
    });
  });
});
