/** The lines of a text that comes in pieces, without line ends; empty ones are left out. */
export async function* lines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = parts.pop()!;
    for (const line of parts) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}
