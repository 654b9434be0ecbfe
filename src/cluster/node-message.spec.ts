import { Publication } from '../protocol/publication.js';
import { messageIn, type NodeMessage, nodePublication } from './node-message.js';

const read = (data: unknown): NodeMessage | undefined =>
  messageIn(Publication.parse(JSON.stringify({ subscription: 'kittiwake:nodes', data })));

describe('a message of a node', () => {
  it('is read as it was written', () => {
    const message = { verb: 'ask', node: 'n', id: 1, about: 'x', question: { deep: ['"', 1e300] } } as const;
    const publication = nodePublication(message, 'kittiwake:nodes');
    expect(messageIn(Publication.parse(publication.text))).toEqual(message);
  });

  it.each([
    ['no text', { verb: 'gone', node: 'n' }],
    ['no JSON', '{'],
    ['no object', 'null'],
    ['nobody who says it', JSON.stringify({ verb: 'gone' })],
    ['an unknown verb', JSON.stringify({ verb: 'end', node: 'n', id: 1 })],
    ['a question about nothing', JSON.stringify({ verb: 'ask', node: 'n', id: 1 })],
    ['an answer to nothing', JSON.stringify({ verb: 'answer', node: 'n', id: 'x' })],
  ])('is not what has %s', (_, data) => {
    expect(read(data)).toBeUndefined();
  });
});
