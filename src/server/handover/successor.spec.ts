import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { Listeners } from '../../connection/upgrade/listeners.js';
import { Successor } from './successor.js';

/** Takes the legacy, serves on the first socket, says so, and stays. */
const SERVES = `
  process.once('message', ({ sockets: [{ fd, name }], secret }) => {
    const server = require('node:net').createServer((socket) => socket.end(name + ' ' + secret));
    server.listen({ fd }, () => process.send({}));
  });
`;
const NEVER = 'setInterval(() => undefined, 1000)';

describe('a successor', () => {
  let server: Server;
  let listeners: Listeners;
  const pids: number[] = [];

  beforeEach(async () => {
    server = createServer();
    listeners = new Listeners();
    await listeners.listen(server, { name: 'main', host: '127.0.0.1', port: 0 });
  });
  afterEach(() => {
    for (const pid of pids.splice(0)) process.kill(pid, 'SIGKILL');
    server.close();
  });

  function successor(script: string, file = process.execPath): Successor {
    const command = { file, args: ['-e', script], environment: process.env };
    return new Successor(command, { sockets: listeners.sockets, secret: 'purr' });
  }

  it('serves on the sockets that it was given, and stays', async () => {
    const { port } = server.address() as { port: number };
    pids.push(await successor(SERVES).ready(10_000));
    listeners.stopAccepting();
    expect(await text(connect(port, '127.0.0.1'))).toBe('main purr');
  });

  it('is ended when it is not ready in time', async () => {
    const late = successor(NEVER);
    await expect(late.ready(200)).rejects.toThrow('the new process was not ready after 0.2 s');
  });

  it('is waited for no more when it ends', async () => {
    await expect(successor('process.exit(3)').ready(10_000)).rejects.toThrow('the new process ended with 3');
    const killed = successor("process.kill(process.pid, 'SIGTERM')");
    await expect(killed.ready(10_000)).rejects.toThrow('the new process ended with SIGTERM');
  });

  it('is one that can be started', async () => {
    await expect(successor(SERVES, '/nowhere/node').ready(10_000)).rejects.toThrow('ENOENT');
  });
});
