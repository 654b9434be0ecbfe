import { stageOfFile } from './support/topics.js';

const stage = stageOfFile(() => ({
  services: { books: { requireAuthentication: false, extraFields: ['extra'], filterFields: ['extra'] } },
}));

/** The positions of the publications that a new subscriber gets. */
async function delivered(options: readonly string[]): Promise<unknown[]> {
  const client = await stage.subscriber('books.1');
  const publications = options.map(
    (options, index) => `{"subscription":"books.1","data":${index},"options":${options}}`,
  );
  await stage.publishText(`[${publications.join()}]`);
  return (await client.settled()).map((message) => message.data);
}

const orders = (...values: string[]): string[] => values.map((order) => `{"order":${order}}`);
const keys = (...values: string[]): string[] => values.map((key) => `{"order":1,"order_key":${key}}`);

describe('an order', () => {
  it.each([
    ['ascends', orders('3', '2', '3', '5', '4', '6'), [0, 3, 5]],
    ['may begin anywhere', orders('-2', '-3', '-1', '0', '-0', '1'), [0, 2, 3, 5]],
    ['may have a fraction', orders('1.1', '1.3', '1.2', '1.30', '2'), [0, 1, 4]],
    [
      'may be a numeric string',
      orders('"9"', '10', '"9.5"', '"1e1"', '" 11 "', '"+12"', '"-13"'),
      [0, 1, 4, 5],
    ],
    ['may have an exponent', orders('1e2', '99', '100', '1.01e2'), [0, 3]],
    [
      'is exact beyond 2^53',
      orders('9007199254740992', '9007199254740993', '9007199254740993', '"9007199254740994"'),
      [0, 1, 3],
    ],
    [
      'compares integers of any size with others',
      orders('1.5', '90071992547409931', '2', '1e300'),
      [0, 1, 3],
    ],
  ])('%s', async (_, options, expected) => {
    expect(await delivered(options)).toEqual(expected);
  });

  it.each(['null', 'true', '""', '" "', '"x"', '"1x"', '"0x10"', '"NaN"', '"Infinity"', '[]', '[9]', '{}'])(
    'that is %s is ignored, and its key with it',
    async (order) => {
      const ignored = [`{"order":${order}}`, `{"order":${order},"order_key":{}}`];
      expect(await delivered([...orders('5'), ...ignored, ...orders('4', '6')])).toEqual([0, 1, 2, 4]);
    },
  );

  it('is of no matter to messages without one', async () => {
    expect(await delivered([...orders('5'), '{}', '{"order_key":"k"}', ...orders('5')])).toEqual([0, 1, 2]);
  });
});

describe('an order key', () => {
  it('keeps strings, numbers and others apart', async () => {
    const apart = ['1', '"1"', 'true', 'false', '0', '"0"', '""', '"null"', '[1]', '["1"]', '{"a":1}', '{}'];
    expect(await delivered(keys(...apart))).toHaveLength(apart.length);
    expect(await delivered(keys('"__proto__"', '"constructor"', '"toString"'))).toHaveLength(3);
  });

  it.each([
    ['null', 'null'],
    ['1', '1.0'],
    ['"a"', '"\\u0061"'],
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
  ])('%s is the same as %s', async (one, same) => {
    expect(await delivered(keys(one, same))).toEqual([0]);
  });

  it('is null when there is none', async () => {
    expect(await delivered([...keys('null'), ...orders('1')])).toEqual([0]);
  });

  it('has an order of its own', async () => {
    const options = [
      ...orders('10'),
      ...keys('"k"'),
      '{"order":2,"order_key":"k"}',
      ...keys('"k"'),
      ...orders('11'),
    ];
    expect(await delivered(options)).toEqual([0, 1, 2, 4]);
  });
});

describe('the highest order', () => {
  it('is that of each subscription', async () => {
    expect(await delivered(orders('5'))).toEqual([0]);
    expect(await delivered(orders('4'))).toEqual([0]);
  });

  it('is forgotten with the subscription', async () => {
    const client = await stage.subscriber('books.1');
    await stage.publishAll('books.1', [{ order: 9 }]);
    await client.next();
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await stage.subscriber('books.1', {}, client);
    await stage.publishAll('books.1', [{ order: 1 }]);
    expect(await client.settled()).toHaveLength(1);
  });

  it('is not raised by what a filter field stops', async () => {
    const client = await stage.subscriber('books.1', { extra: 'A' });
    await stage.publishAll('books.1', [{ order: 9 }], { extra: 'B' });
    await stage.publishAll('books.1', [{ order: 1 }], { extra: 'A' });
    expect(await client.settled()).toHaveLength(1);
  });

  it('is raised by what a throttle holds back', async () => {
    const client = await stage.subscriber('books.1');
    const throttle = 60;
    await stage.publishAll('books.1', [{ throttle }, { order: 5, throttle }, { order: 4 }, { order: 6 }]);
    expect((await client.settled()).map((message) => message.data)).toEqual([0, 3]);
  });
});
