import { inspect } from 'node:util';
import { rejection } from '../../../test/support/http-callers.js';
import { CallbackAnswerError } from '../../protocol/errors.js';
import { isOk, membersOfAnswer } from './callback-answer.js';

describe('an answer', () => {
  it('has its members as the text they came in', () => {
    const members = membersOfAnswer(
      Buffer.from('{"id": 12345678901234567890, "price": 1.0, "é": "\\u00e9"}'),
      'the app',
    );
    expect([...members]).toEqual([
      ['id', '12345678901234567890'],
      ['price', '1.0'],
      ['é', '"\\u00e9"'],
    ]);
  });

  it.each(['', ' ', 'ok', '{', '{"a": 1} x'])('is not the text %j', (text) => {
    expect(() => membersOfAnswer(Buffer.from(text), 'the app')).toThrow(/^the answer of the app is not JSON/);
  });

  it.each(['null', '[]', '"ok"', '1', 'true'])('is not the JSON value %s', (text) => {
    expect(() => membersOfAnswer(Buffer.from(text), 'the app')).toThrow(
      new CallbackAnswerError('the answer of the app is not a JSON object'),
    );
  });

  it('says yes with the status ok alone', () => {
    const isYes = (text: string): boolean => isOk(membersOfAnswer(Buffer.from(text), 'the app'));
    expect(isYes('{"status": "ok", "a": 1}')).toBe(true);
    expect(isYes('{"status": "\\u006fk"}')).toBe(true);
    for (const text of ['{}', '{"status": "OK"}', '{"status": true}', '{"status": ["ok"]}', '{"ok": "ok"}']) {
      expect(isYes(text)).toBe(false);
    }
  });

  it('is UTF-8', () => {
    expect(() => membersOfAnswer(Buffer.from('{"a": "\xe9"}', 'latin1'), 'the app')).toThrow(
      new CallbackAnswerError('the answer of the app is not UTF-8'),
    );
  });

  it('is not quoted when it is none', async () => {
    const answer = Buffer.from('{"session": "secret');
    const error = await rejection(Promise.resolve().then(() => membersOfAnswer(answer, 'the app')));
    expect(error).toBeInstanceOf(CallbackAnswerError);
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  });
});
