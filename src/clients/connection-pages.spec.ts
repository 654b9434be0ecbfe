import type { Cluster } from '../cluster/cluster.js';
import { ConnectionPages } from './connection-pages.js';
import { readConnectionQuery } from './connection-query.js';

/** Nodes, each with the numbers of its connections that it gives, or none if it does not answer. */
function pagesOf(
  nodes: Readonly<Record<string, readonly number[] | undefined>>,
  count: number,
): ConnectionPages {
  const placed = (number: number): object => ({ number, entry: { id: `${number}` } });
  const cluster: Pick<Cluster, 'ask' | 'askOne'> = {
    ask: (_about, _question, read) => {
      const names = Object.keys(nodes);
      const byNode = new Map(names.map((name) => [name, read(count)!]));
      return Promise.resolve({ byNode, nodes: { asked: names.length, answered: names.length }, missing: [] });
    },
    askOne: (node, _about, _question, read) => {
      const answer = read(nodes[node]?.map(placed));
      const byNode = new Map(answer === undefined ? [] : [[node, answer]]);
      return Promise.resolve({ byNode, nodes: { asked: 1, answered: byNode.size }, missing: [] });
    },
  };
  return new ConnectionPages(cluster as Cluster);
}

describe('a page of connections', () => {
  const query = readConnectionQuery(new Map());

  it('is not complete when a node has counted and does not give its entries', async () => {
    const page = await pagesOf({ a: [1, 2], b: undefined }, 2).read(query);
    expect(page).toMatchObject({ isComplete: false, nodes: { asked: 2, answered: 1 }, total: 4 });
    expect(page.connections.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('ends where a node had no more room, to be read on from there', async () => {
    const page = await pagesOf({ a: [1], b: [3, 4] }, 2).read(query);
    expect(page.connections.map(({ id }) => id)).toEqual(['1']);
    expect(Buffer.from(page.cursor!, 'base64url').toString()).toBe('1 a');
    expect(page.isComplete).toBe(true);
  });
});
