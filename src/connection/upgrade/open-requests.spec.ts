import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { eventually } from '../../../test/support/wait.js';
import { OpenRequests } from './open-requests.js';

describe('the open requests of a server', () => {
  let server: Server;
  let requests: OpenRequests;
  let agent: Agent;
  const responses: ServerResponse[] = [];

  beforeEach(async () => {
    server = createServer((_request, response) => void responses.push(response));
    requests = OpenRequests.of(server);
    agent = new Agent({ keepAlive: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    responses.length = 0;
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });

  /** Resolves when the server has it. */
  async function ask(): Promise<{
    readonly response: ServerResponse;
    readonly answer: Promise<IncomingMessage>;
  }> {
    const before = responses.length;
    const asked = get({ agent, host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    asked.on('error', () => undefined);
    const answer = once(asked, 'response').then(([message]) => (message as IncomingMessage).resume());
    answer.catch(() => undefined);
    await eventually(() => responses.length > before);
    return { response: responses.at(-1)!, answer };
  }

  async function isSettled(promise: Promise<unknown>): Promise<boolean> {
    return Promise.race([
      promise.then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 60, false)),
    ]);
  }

  it('are waited for until each is answered', async () => {
    const [first, second] = [await ask(), await ask()];
    const answered = requests.answered(5_000);
    first.response.end('a');
    expect(await isSettled(answered)).toBe(false);
    second.response.end('b');
    await answered;
    expect((await second.answer).statusCode).toBe(200);
  });

  it('are waited for no longer than that', async () => {
    await ask();
    const startedAt = performance.now();
    await requests.answered(50);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('are not waited for when their clients are gone, nor when their answers go on', async () => {
    const [gone, streaming] = [await ask(), await ask()];
    const closed = once(gone.response, 'close');
    gone.response.req.socket.destroy();
    await closed;
    streaming.response.write('first');
    await requests.answered(5_000);
    expect(streaming.response.writableEnded).toBe(false);
  });

  /** Node says nothing of answers that have not had their turn: they were kept for ever, and waited for at the end. */
  it('are forgotten with their connection, those too that were sent ahead', async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await eventually(() => responses.length === 3);
    const closed = once(responses[0]!, 'close');
    socket.destroy();
    await closed;
    await expect(requests.answered(60_000)).resolves.toBeUndefined();
  });

  it('end their connections when they are to, those that are there and those to come', async () => {
    const before = await ask();
    requests.closeAfterAnswers();
    const after = await ask();
    for (const { response, answer } of [before, after]) {
      response.end();
      expect((await answer).headers.connection).toBe('close');
    }
  });
});
