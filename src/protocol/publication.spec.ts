import { NO_OPTIONS, Publication, PublicationError } from './publication.js';

const options = (text: string): Publication['options'] =>
  Publication.parse(`{"subscription":"books.1","data":1,"options":${text}}`).options;

describe('a publication', () => {
  it('keeps its data as the text it came in', () => {
    const { subscription, data, publishedAt } = Publication.parse(
      '{"data": {"id":12345678901234567890, "n":1.0}, "subscription":"books.1", "published_at":"2024-05-06T07:08:09Z"}',
    );
    expect([subscription, data, publishedAt]).toEqual([
      'books.1',
      '{"id":12345678901234567890, "n":1.0}',
      '2024-05-06T07:08:09+00:00',
    ]);
  });

  it.each([
    ['{"data":1 "', 'not JSON at position 10'],
    ['', 'not JSON'],
    ['[]', 'a publication must be a JSON object'],
    ['null', 'a publication must be a JSON object'],
    ['{"data":1}', '"subscription" must be a string'],
    ['{"data":1,"subscription":5}', '"subscription" must be a string'],
    ['{"subscription":"books.1"}', '"data" is missing'],
  ])('is not %s', (text, message) => {
    expect(() => Publication.parse(text)).toThrow(PublicationError);
    expect(() => Publication.parse(text)).toThrow(new RegExp(`^${message}$`));
  });

  it.each(['5', 'null', '"never"', '["2024-05-06T07:08:09Z"]'])(
    'leaves out published_at when it is %s',
    (at) => {
      expect(
        Publication.parse(`{"subscription":"b.1","data":null,"published_at":${at}}`).publishedAt,
      ).toBeUndefined();
    },
  );

  it.each(['null', '5', '[]', '"x"'])('has no options when they are %s', (text) => {
    expect(options(text)).toBe(NO_OPTIONS);
  });
});

describe('the order of a publication', () => {
  it.each([
    ['5', 5],
    ['"5"', 5],
    ['" -1.5 "', -1.5],
    ['"+3e2"', 300],
    ['".5"', 0.5],
    ['9007199254740993', 9007199254740993n],
    ['"-9007199254740993"', -9007199254740993n],
    ['1e3', 1000],
  ])('%s is a number', (text, order) => {
    expect(options(`{"order":${text}}`).order).toBe(order);
  });

  it.each(['"invalid"', '""', 'null', 'true', '[1]', '"0x10"', '"Infinity"', '"NaN"', '1e999'])(
    '%s is none',
    (text) => {
      expect(options(`{"order":${text}}`).order).toBeUndefined();
    },
  );

  it('has a key in which strings and numbers differ, and none is null', () => {
    expect(
      ['{}', '{"order_key":null}', '{"order_key":1}', '{"order_key":1.0}', '{"order_key":"1"}'].map(
        (text) => options(text).orderKey,
      ),
    ).toEqual(['null', 'null', '1', '1', '"1"']);
  });
});

describe('the throttle of a publication', () => {
  it.each([
    ['0.4', 400],
    ['"2"', 2000],
    ['0', 0],
    ['-1', -1000],
  ])('%s seconds are milliseconds', (text, throttleMs) => {
    expect(options(`{"throttle":${text}}`).throttleMs).toBe(throttleMs);
  });

  it.each(['"invalid"', 'null', 'true', '{}'])('%s is none', (text) => {
    expect(options(`{"throttle":${text}}`).throttleMs).toBeUndefined();
  });
});

describe('a publication that is kept', () => {
  it.each([
    '{"subscription":"a.b","data":{"n":12345678901234567890,"é":"\\u00e9"}}',
    '{"@":"e.1","x":"a.b","subscription":"a.b","data":"a.b"}',
    '{"subscription":"a.b","data": 0 ,"options":{"order":0}}',
  ])('is the same as before: %s', (text) => {
    for (const source of [text, Buffer.from(text)]) {
      const publication = Publication.parse(source);
      const { data } = Publication.parse(text);
      publication.slim();
      expect([publication.data, publication.raw, publication.text]).toEqual([data, data, text]);
      expect(publication.members.get('data')).toBe(data);
    }
  });
});
