import { inspect } from 'node:util';
import { LogLine } from './log-line.js';

describe('a line about a client', () => {
  it('has the connection at the end of its first line for logs without fields', () => {
    const line = new LogLine({ id: 'c-1', peer: '192.0.2.1' }, () => 'it failed\n    at $& of a stack');
    const text = 'it failed (connection c-1)\n    at $& of a stack';
    expect([String(line), inspect(line)]).toEqual([text, text]);
  });

  it('has it as a field for others', () => {
    const line = LogLine.fault({ id: 'c-1', peer: '192.0.2.1' }, 'it failed');
    expect([line.text, line.fields]).toEqual(['it failed', { connection: 'c-1', address: '192.0.2.1' }]);
    expect(JSON.parse(JSON.stringify(line))).toEqual({
      msg: 'it failed',
      connection: 'c-1',
      address: '192.0.2.1',
    });
  });

  it('has no more than is known', () => {
    const line = new LogLine({}, () => 'it failed');
    expect([String(line), line.fields]).toEqual(['it failed', {}]);
  });
});
