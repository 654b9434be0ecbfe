import type { Cluster } from '../../cluster/cluster.js';
import { type ChannelQuestion, readChannelQuery } from './channel-question.js';
import { Channels } from './channels.js';

type Topics = Readonly<Record<string, number>>;

/** Nodes with topics, by how many subscribers these have. */
function channelsOf(...nodes: Topics[]): Channels {
  const cluster: Pick<Cluster, 'ask'> = {
    ask: (_about, question, read) => {
      const { names, limit } = question as ChannelQuestion;
      const answerOf = (topics: Topics): object => {
        const all = Object.entries(topics).map(([name, subscribers]) => ({ name, subscribers, rate: 2 }));
        const sorted = all.toSorted((a, b) => b.subscribers - a.subscribers);
        const entries = names ? all.filter(({ name }) => names.includes(name)) : sorted.slice(0, limit);
        return { count: all.length, entries };
      };
      const byNode = new Map(nodes.map((topics, index) => [`${index}`, read(answerOf(topics))!]));
      return Promise.resolve({ byNode, nodes: { asked: nodes.length, answered: nodes.length }, missing: [] });
    },
  };
  return new Channels(cluster as Cluster);
}

describe('the largest topics of all nodes', () => {
  it('are counted on all, though some node has named only others', async () => {
    const channels = channelsOf({ a: 3, b: 2 }, { b: 3, c: 2, a: 1 });
    expect(await channels.list(readChannelQuery('topics', { limit: 1 }))).toEqual({
      status: 'ok',
      items: [{ topic: 'b', subscribers: 5, publications_per_second: 2, on_nodes: 2 }],
      at_least: 3,
      complete: true,
      asked: 2,
      answered: 2,
      missing: [],
    });
  });

  it('are those of one node, where there is no other', async () => {
    const { items } = await channelsOf({ a: 1, b: 2 }).list(readChannelQuery('topics', {}));
    expect(items.map(({ topic }) => topic)).toEqual(['b', 'a']);
  });
});
