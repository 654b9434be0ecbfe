import { type Asker, FairLine } from './fair-line.js';

const A = { id: 'a' };
const B = { id: 'b' };

function lineOf(...items: [string, Asker][]): FairLine<string> {
  const line = new FairLine<string>();
  for (const [item, asker] of items) line.push(item, asker);
  return line;
}

function all(line: FairLine<string>): string[] {
  const items: string[] = [];
  for (let item = line.shift(); item !== undefined; item = line.shift()) items.push(item);
  return items;
}

describe('a fair line', () => {
  it('keeps the order of one client', () => {
    const line = lineOf(['1', { client: A }], ['2', { client: A }], ['3', { client: A }]);
    expect(line).toHaveLength(3);
    expect(all(line)).toEqual(['1', '2', '3']);
    expect(line).toHaveLength(0);
  });

  it('rotates between services, and between the clients of each', () => {
    const books = (client: object): Asker => ({ service: 'books', client });
    const line = lineOf(
      ['books a1', books(A)],
      ['books a2', books(A)],
      ['books a3', books(A)],
      ['books b1', books(B)],
      ['films a1', { service: 'films', client: A }],
      ['films a2', { service: 'films', client: A }],
    );
    expect(all(line)).toEqual(['books a1', 'films a1', 'books b1', 'films a2', 'books a2', 'books a3']);
  });

  it('puts who comes back behind who waits', () => {
    const line = lineOf(['a1', { client: A }], ['b1', { client: B }], ['b2', { client: B }]);
    expect(line.shift()).toBe('a1');
    line.push('a2', { client: A });
    expect(all(line)).toEqual(['b1', 'a2', 'b2']);
  });

  it('forgets who has left, wherever he waited', () => {
    const line = lineOf(['a1', { client: A }], ['b1', { client: B }], ['a2', { client: A }], ['none', {}]);
    line.delete('a1', { client: A });
    line.delete('b1', { client: B });
    line.delete('b1', { client: B });
    line.delete('a2', { client: B });
    expect(line).toHaveLength(2);
    expect(all(line)).toEqual(['a2', 'none']);
    expect(line).toHaveLength(0);
  });

  it('is used again after it was empty', () => {
    const line = lineOf(['1', { client: A }]);
    expect(all(line)).toEqual(['1']);
    line.push('2', { client: A });
    line.push('3', { client: B });
    expect(all(line)).toEqual(['2', '3']);
  });
});
