import { TopicPattern, topicOf } from './topic-pattern.js';

const parsed = (text: string): TopicPattern => TopicPattern.parse(text)!;

describe('a pattern of topics', () => {
  it.each([
    ['orders.:id', 'orders.7', { id: '7' }],
    ['orders.:id', 'orders.a b:c', { id: 'a b:c' }],
    ['orders.:id', 'orders.7.8', undefined],
    ['orders.:id', 'orders.7/8', undefined],
    ['orders.:id', 'orders.', undefined],
    ['orders.:id', 'books.7', undefined],
    ['orders.:shop.:id', 'orders.a.7', { shop: 'a', id: '7' }],
    ['orders.:shop/items/:id', 'orders.a/items/7', { shop: 'a', id: '7' }],
    ['orders.:shop/items/:id', 'orders.a/other/7', undefined],
    ['orders.*rest', 'orders.a.b/c\nd', { rest: 'a.b/c\nd' }],
    ['orders.all', 'orders.all', {}],
    ['orders.a+', 'orders.aa', undefined],
    ['orders.:__proto__', 'orders.7', JSON.parse('{"__proto__": "7"}')],
  ])('%s and the topic %j', (pattern, topic, params) => {
    expect(parsed(pattern).matches(topic)).toBe(params !== undefined);
    expect(parsed(pattern).paramsOf(topic)).toEqual(params ?? {});
  });

  it.each([
    ['orders.', 'have nothing between two separators, or at an end'],
    ['orders..:id', 'have nothing between'],
    ['.:id', 'have nothing between'],
    [':orders.:id', 'begin with no service'],
    ['orders.:', 'have a parameter :, whose name is none'],
    ['orders.:a-b', 'have a parameter :a-b'],
    ['orders.:id.:id', 'have two parameters of the same name'],
    ['orders.*rest.:id', 'have something after what is left'],
  ])('%s is none', (pattern, problem) => {
    expect(() => TopicPattern.parse(pattern)).toThrow(`the topics "${pattern}" ${problem}`);
  });

  it('is more than the name of a service', () => {
    expect(TopicPattern.parse('orders')).toBeUndefined();
    expect(TopicPattern.serviceIn('orders.:id')).toBe('orders');
    expect(TopicPattern.serviceIn('orders')).toBe('orders');
  });

  it.each([
    ['orders.:shop.:id', ['orders.', '.', '']],
    ['orders.:shop/items/*path', ['orders.', '/items/', '']],
    ['orders.all', ['orders.all']],
  ])('%s has texts around its parameters', (pattern, literals) => {
    expect(parsed(pattern).literals).toEqual(literals);
  });

  it('takes time in proportion to the topic', () => {
    const pattern = parsed('orders.:a.:b.*c');
    expect(pattern.matches(`orders.${'a.'.repeat(100_000)}`)).toBe(true);
    expect(pattern.matches(`orders.${'a'.repeat(200_000)}`)).toBe(false);
  });
});

describe('a topic is made of parameters', () => {
  it('that fit', () => {
    expect(topicOf('orders.:shop.:id', { shop: 'a', id: 7 })).toBe('orders.a.7');
    expect(topicOf('orders.:shop/*path', { shop: 'a', path: 'b/c.d' })).toBe('orders.a/b/c.d');
  });

  it.each(['', 'a.b', 'a/b', undefined])('not of %j', (id) => {
    expect(() => topicOf('orders.:id', { id: id as string })).toThrow(
      /^id of the topics orders\.:id cannot be/,
    );
  });
});
