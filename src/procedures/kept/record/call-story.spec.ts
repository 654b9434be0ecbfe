import type { JsonText } from '../../../protocol/json/json.js';
import { type CallPart, type CallRecord, recordPublication, recordOf } from './call-record.js';
import { after, CallStory } from './call-story.js';

const HEAD: CallRecord = {
  kind: 'head',
  procedure: 'answer',
  node: 'a',
  identity: new Map([['user', '12345678901234567890' as JsonText]]),
  request: '{"params":{}}' as JsonText,
};
const FINISHED = { how: 'finished', hasLast: false } as const;

function part(first: number, texts: string[], more: Partial<CallPart> = {}): CallPart {
  return {
    kind: 'part',
    generation: 0,
    first,
    results: texts.map((text) => `"${text}"` as JsonText),
    ...more,
  };
}

/** The part of some records that counts. */
function told(...records: CallRecord[]): { texts: string; story: CallStory } {
  const story = new CallStory();
  const texts = records.flatMap((record) => story.take(record)?.results ?? []);
  return { texts: texts.join('').replaceAll('"', ''), story };
}

describe('a record of a call', () => {
  it.each<[string, CallRecord]>([
    ['head', HEAD],
    ['head of nobody', { ...HEAD, identity: undefined, request: undefined }],
    ['taking', { kind: 'taking', node: 'b', generation: 2 }],
    ['part', part(3, ['a', 'b'])],
    ['empty part', part(3, [])],
    ['end', part(3, ['a'], { generation: 1, end: { how: 'returned', hasLast: true } })],
    ['error', part(3, [], { end: { how: 'failed', hasLast: false, failure: '{"code":"x"}' as JsonText } })],
  ])('is read as it was written: %s', (_name, record) => {
    expect(recordOf(recordPublication('c', record))).toEqual({ ...record });
  });
});

describe('the story of a call', () => {
  it('has every result once, whatever is written twice', () => {
    expect(told(HEAD, part(1, ['a', 'b']), part(1, ['a', 'b']), part(2, ['b', 'c'])).texts).toBe('abc');
  });

  it('is over with its end', () => {
    const { texts, story } = told(HEAD, part(1, ['a'], { end: FINISHED }), part(2, ['b']));
    expect([texts, story.end]).toEqual(['a', FINISHED]);
  });

  it('is that of who has taken it last, wherever others are', () => {
    const taking: CallRecord = { kind: 'taking', node: 'b', generation: 1 };
    const { texts, story } = told(
      HEAD,
      part(1, ['a']),
      taking,
      part(2, ['x'], { end: FINISHED }),
      part(2, ['b'], { generation: 1 }),
      { ...taking, node: 'late' },
      part(3, ['y']),
    );
    expect([texts, story.node, story.end]).toEqual(['ab', 'b', undefined]);
  });

  it('breaks off where something is missing, and says so', () => {
    const { texts, story } = told(HEAD, part(1, ['a']), part(3, ['c']), part(2, ['b']));
    expect([texts, story.isBroken]).toEqual(['a', true]);
  });
});

describe('what comes after a number', () => {
  it.each([
    [0, '1ab'],
    [1, '2b'],
    [2, undefined],
    [7, undefined],
  ])('%i of a part with 1 and 2 is %j', (number, expected) => {
    const found = after(part(1, ['a', 'b']), number);
    expect(found && `${found.first}${found.results.join('')}`.replaceAll('"', '')).toBe(expected);
  });

  it('is all of a later part, under its own number', () => {
    expect(after(part(4, ['d']), 1)).toEqual(part(4, ['d']));
  });

  it('is the end, for who has had the results', () => {
    expect(after(part(1, ['a'], { end: FINISHED }), 1)).toEqual(part(2, [], { end: FINISHED }));
  });
});
