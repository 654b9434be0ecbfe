import { arranged } from './command-line.js';

const COMMANDS = ['call', 'status', 'complete', 'token', 'make'];

describe('a command line', () => {
  it.each<[string, string[], string[]]>([
    ['', [], []],
    ['status', [], ['status']],
    ['status --json', ['--json'], ['status']],
    ['--json status', ['--json'], ['status']],
    ['--url http://a/rpc status', ['--url', 'http://a/rpc'], ['status']],
    ['--url=http://a/rpc status', ['--url=http://a/rpc'], ['status']],
    ['token make --secret-file f x', ['--secret-file', 'f'], ['token', 'make', 'x']],
    ['add 1 2', [], ['call', 'add', '1', '2']],
    ['--json add 1', ['--json'], ['call', 'add', '1']],
    ['add --json', [], ['call', 'add', '--json']],
    ['call --json add --url x', ['--json'], ['call', 'add', '--url', 'x']],
    ['call call', [], ['call', 'call']],
    ['--bogus add', [], ['--bogus', 'add']],
    ['complete -- kittiwake --json', [], ['complete', '--', 'kittiwake', '--json']],
    ['status --url', ['--url'], ['status']],
  ])('%j', (text, options, words) => {
    const argv = text.split(' ').filter((word) => word !== '');
    expect(arranged(argv, (word) => COMMANDS.includes(word))).toEqual({ options, words });
  });
});
