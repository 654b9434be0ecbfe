import { join, topic } from 'kittiwake-client';
import { useConnection, useRoom, useTopic } from 'kittiwake-client/react';
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
      const room = useRoom(
        () => join(world.client, { target: 'news' }),
        [],
        () => {},
      );
      return `${String(data)} ${status} ${room.status} ${useConnection(world.client).state}`;
    }
    expect(renderToString(h(Price))).toBe('undefined joining joining idle');
    expect(world.server.tries).toEqual([]);
  });
});
