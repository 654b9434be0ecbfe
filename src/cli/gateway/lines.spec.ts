import { lines } from './lines.js';

async function* piecesOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('lines', () => {
  it.each([1, 2, 3, 100])('are found in pieces of %d bytes', async (size) => {
    const found: string[] = [];
    for await (const line of lines(piecesOf('one\n\nzwölf €\nthe last', size))) found.push(line);
    expect(found).toEqual(['one', 'zwölf €', 'the last']);
  });
});
