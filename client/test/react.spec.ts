import { join, stream, topic } from 'kittiwake-client';
import { useConnection, useRoom, useStream, useTopic } from 'kittiwake-client/react';
import { createElement as h } from 'react';
import { renderToString } from 'react-dom/server';
import { World } from './world.js';

describe('the hooks on a server', () => {
  it('show that a topic is joining and a stream awaited, and open nothing', () => {
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
      const { data: text, status: reading } = useStream(
        () => stream(world.client, 'answer'),
        [],
        (all, token) => all + String(token),
        'soon',
      );
      return `${String(data)} ${status} ${room.status} ${text} ${reading} ${useConnection(world.client).state}`;
    }
    expect(renderToString(h(Price))).toBe('undefined joining joining soon waiting idle');
    expect(world.server.tries).toEqual([]);
  });
});
