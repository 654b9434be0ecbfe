import { EVENT_FORMAT, JSON_EVENT_FORMAT } from './server-sent-event.js';

describe('a result as a Server-Sent Event', () => {
  it.each([
    [{ event: 'hello', data: 'first\nsecond' }, 'event: hello\ndata: first\ndata: second\n\n'],
    [{ data: { i: 0 }, event: 'tick', id: 0 }, 'id: 0\nevent: tick\ndata: {"i":0}\n\n'],
    [{ retry: 10 }, 'retry: 10\n\n'],
    [{ data: 'end\n' }, 'data: end\ndata: \n\n'],
    [{ data: 'a\r\nb\rc' }, 'data: a\ndata: b\ndata: c\n\n'],
    [{ id: null, data: [1n] }, 'data: [1]\n\n'],
    [{ data: Buffer.from('é') }, 'data: é\n\n'],
    [{ event: 'x', other: 1 }, 'event: x\ndata: {"other":1}\n\n'],
    [{}, '\n'],
    [{ data: '' }, '\n'],
    [{ data: false }, 'data: false\n\n'],
    ['plain', 'data: plain\n\n'],
    [[1], 'data: [1]\n\n'],
    [null, 'data: null\n\n'],
  ])('has its fields in order, and a line for each line of its data: %j', (result, text) => {
    expect(EVENT_FORMAT.encode(result).toString()).toBe(text);
  });

  it('cannot bring fields in that it has not', () => {
    const event = { id: '1\ndata: evil', event: 'a\r\n\r\nb', data: 'x' };
    expect(EVENT_FORMAT.encode(event).toString()).toBe('id: 1 data: evil\nevent: a  b\ndata: x\n\n');
  });

  it('is JSON data when events were not meant', () => {
    expect(JSON_EVENT_FORMAT.encode({ event: 'a', data: 'b' }).toString()).toBe(
      'data: {"event":"a","data":"b"}\n\n',
    );
    expect(JSON_EVENT_FORMAT.encode('a\nb').toString()).toBe('data: "a\\nb"\n\n');
  });

  it('is an error when the stream fails', () => {
    for (const { encodeError } of [EVENT_FORMAT, JSON_EVENT_FORMAT])
      expect(encodeError({ error: 'x' }).toString()).toBe('event: error\ndata: {"error":"x"}\n\n');
  });
});
