import { topic } from 'kittiwake-client';
import { useConnection, useTopic } from 'kittiwake-client/react';
import { createElement as h } from 'react';
import { renderToString } from 'react-dom/server';
import { World } from './world.js';

describe('the hooks on a server', () => {
  it('show that a topic is joining, and open nothing', () => {
    const world = new World();
    function Price(): string {
      const { data, status } = useTopic(
        () => topic(world.client, 'books.1'),
        ['books.1'],
        (_, update) => update,
      );
      return `${String(data)} ${status} ${useConnection(world.client).state}`;
    }
    expect(renderToString(h(Price))).toBe('undefined joining idle');
    expect(world.server.tries).toEqual([]);
  });
});
