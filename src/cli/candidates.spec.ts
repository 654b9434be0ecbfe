import { candidates } from './candidates.js';
import type { Context } from './context.js';
import type { GatewayClient } from './gateway/gateway-client.js';
import { createProgram } from './program.js';

const METHODS = {
  echo: { args: { value: null }, options: { order_key: 'str' } },
  'book.find': { args: {} },
  '$(reboot)': { args: {} },
  harmful: { args: { '`reboot`': null } },
};

const notAsked = (): never => {
  throw new Error('not asked');
};

/** The candidates for the end of a line, where a gateway has procedures, or there is none. */
function completed(line: string, methods?: object): Promise<readonly string[]> {
  const client: GatewayClient = {
    isLocal: true,
    async *call() {
      yield { value: { methods } };
    },
    close: () => undefined,
  };
  const context: Context = {
    connect: async () => (methods ? client : notAsked()),
    settings: notAsked,
    printer: notAsked,
  };
  return candidates(createProgram(), context, line.split(' '));
}

const beginning = async (line: string): Promise<readonly string[]> => {
  const last = line.split(' ').at(-1)!;
  return (await completed(line, METHODS)).filter((word) => word.startsWith(last));
};

describe('the end of a command line', () => {
  it.each<[string, string[]]>([
    ['st', ['start', 'stop', 'status']],
    ['ec', ['echo']],
    ['call b', ['book.find']],
    ['--json call e', ['echo']],
    ['help e', ['echo']],
    ['help pub', ['publish']],
    ['token ', ['make', 'inspect']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['echo --', ['--value=', '--order_key=']],
    ['--json call echo x --o', ['--order_key=']],
    ['--', ['--version', '--url', '--secret-file', '--json']],
    ['status --j', ['--json']],
    ['publish --order', ['--order', '--order-key']],
    ['--url ', []],
    ['publish ', []],
  ])('%j', async (line, words) => {
    expect(await beginning(line)).toEqual(words);
  });

  it('may be a procedure only where it has a harmless name, as shells run others', async () => {
    const all = (await completed('', METHODS)).join('\n');
    expect(all).toContain('echo');
    expect(all).not.toMatch(/reboot|harmful/);
  });

  it('is a command where there is no gateway', async () => {
    expect(await completed('')).toContain('status');
    expect(await completed('call ')).toEqual([]);
  });
});
