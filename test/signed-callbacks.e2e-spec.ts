import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { keyIdOf } from '../src/callbacks/http/seal.js';
import { TestClient } from './support/client.js';
import { codeBlocksOf } from './support/markdown.js';
import type { Asked } from './support/stub-app.js';
import { stageOfFile } from './support/topics.js';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, new').toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, old').toString('base64')}`;
const OTHER_SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, no!').toString('base64')}`;
const FOLDER = 'examples/signatures';

type Checker = (headers: IncomingHttpHeaders, body: Buffer, secrets: readonly string[]) => boolean;
const { isFromGateway } = (await import(resolve(FOLDER, 'signature.mjs'))) as { isFromGateway: Checker };

const stage = stageOfFile((app) => ({
  callbacks: { wait: '10ms', signingSecrets: [SECRET, OLD_SECRET] },
  auth: { ticket: { url: `${app}/ticket`, fields: ['user_id'] } },
  services: {
    books: {
      requireAuthentication: false,
      authorizer: `${app}/authorizer`,
      onMessage: `${app}/message`,
      onUnsubscribe: `${app}/end`,
      onLifecycle: `${app}/lives`,
      lifecyclePeriod: '10ms',
    },
  },
  rooms: { api: { url: `${app}/`, bootstrap: 'rooms', onDisconnect: 'gone' } },
  procedures: { remote: { add: { url: `${app}/add`, public: true } } },
}));

/** Whether a request passes the checker for Node. */
const passes = ({ headers, text }: Asked, secrets = [SECRET]): boolean =>
  isFromGateway(headers, Buffer.from(text), secrets);

describe('callbacks that are signed', () => {
  it('are all of them, of topics, tickets, rooms and procedures', async () => {
    const client = await stage.connect();
    stage.app.answer('/ticket', { body: { status: 'ok', user_id: 1 } });
    await client.ask({ event: 'auth', ticket: 'T' });
    await stage.subscriber('books.1', {}, client);
    client.send({ event: 'message', subscription: 'books.1', data: 'kitten é 🐈' });
    await stage.app.requests('/message');
    client.drop();
    stage.app.answer('/rooms', { body: { allowed_rooms: [] } });
    const inRooms = await TestClient.connect(stage.gateway.url.replace('/ws', '/rooms'));
    await stage.app.requests('/rooms');
    await inRooms.text();
    await inRooms.close();
    await fetch(`${stage.gateway.httpUrl}/rpc/add`, { method: 'POST', body: '{"a": 1}' });
    const paths = ['/ticket', '/authorizer', '/message', '/end', '/lives', '/rooms', '/gone', '/add'];
    for (const path of paths) await stage.app.requests(path);
    const failed = stage.app.asked.filter((asked) => !passes(asked)).map(({ path }) => path);
    expect([failed, new Set(stage.app.paths)]).toEqual([[], new Set(paths)]);
    const ids = stage.app.asked.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(stage.app.asked.length);
    for (const asked of [...(await stage.app.requests('/end')), ...(await stage.app.requests('/gone'))])
      expect(asked.headers['webhook-id']).toBe(String(asked.headers['idempotency-key']).replaceAll('.', '-'));
  });

  it('have one id over all tries, each signed anew', async () => {
    stage.app.answer('/authorizer', { status: 500 }, { status: 503 });
    await stage.subscriber('books.1');
    const tries = await stage.app.requests('/authorizer', 3);
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(tries.filter((asked) => passes(asked))).toHaveLength(3);
  });

  it('have one id when an end is told again', async () => {
    const client = await stage.subscriber('books.1');
    stage.app.answer('/end', { status: 500 }, { status: 500 }, { status: 500 }, { status: 500 });
    client.drop();
    const tries = await stage.app.requests('/end', 5);
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('have a signature for each secret, and say which', async () => {
    await stage.subscriber('books.1');
    const [asked] = await stage.app.requests('/authorizer');
    expect([[SECRET], [OLD_SECRET], [OTHER_SECRET], []].map((secrets) => passes(asked!, secrets))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(asked!.headers['kittiwake-key-ids']).toBe(`${keyIdOf(SECRET)} ${keyIdOf(OLD_SECRET)}`);
    expect(keyIdOf(SECRET)).toMatch(/^[\da-f]{8}$/);
  });
});

/** A request as a checker gets it, and whether it is to pass. */
interface Case {
  readonly what: string;
  readonly secrets: readonly string[];
  readonly headers: readonly [id: string, timestamp: string, signatures: string];
  readonly body: string;
  readonly isGood: boolean;
}

function casesOf({ headers, text: body }: Asked): Case[] {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name]),
  ) as [string, string, string];
  const at = (seconds: number): Case['headers'] => {
    const time = String(Number(timestamp) + seconds);
    const key = Buffer.from(SECRET.slice(6), 'base64');
    return [id, time, `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`];
  };
  const good = { secrets: [SECRET], headers: [id, timestamp, signatures], body, isGood: true } as const;
  const bad = { ...good, isGood: false } as const;
  return [
    { what: 'as it was sent', ...good },
    { what: 'the old secret', ...good, secrets: [OLD_SECRET] },
    { what: 'either secret', ...good, secrets: [OTHER_SECRET, SECRET] },
    { what: 'four minutes old', ...good, headers: at(-240) },
    { what: 'another body', ...bad, body: `${body} ` },
    { what: 'another id', ...bad, headers: [`${id}x`, timestamp, signatures] },
    { what: 'another time', ...bad, headers: [id, String(Number(timestamp) + 1), signatures] },
    { what: 'another secret', ...bad, secrets: [OTHER_SECRET] },
    { what: 'no secret', ...bad, secrets: [] },
    { what: 'six minutes old', ...bad, headers: at(-360) },
    { what: 'six minutes ahead', ...bad, headers: at(360) },
    { what: 'no signature', ...bad, headers: [id, timestamp, ''] },
    { what: 'half a signature', ...bad, headers: [id, timestamp, signatures.slice(0, 20)] },
    { what: 'no time', ...bad, headers: [id, '', signatures] },
    { what: 'a time that is none', ...bad, headers: [id, '1e9', signatures] },
    { what: 'no id', ...bad, headers: ['', timestamp, signatures] },
  ];
}

/** A case for a program: secrets, id, time, signatures and the body in base64, with tabs between them. */
const lineOf = ({ secrets, headers, body }: Case): string =>
  [secrets.join(), ...headers, Buffer.from(body).toString('base64')].join('\t');

const PHP = String.raw`require 'signature.php';
foreach (explode("\n", rtrim(stream_get_contents(STDIN), "\n")) as $line) {
  [$secrets, $id, $time, $signatures, $body] = explode("\t", $line);
  $server = array_filter(['HTTP_WEBHOOK_ID' => $id, 'HTTP_WEBHOOK_TIMESTAMP' => $time, 'HTTP_WEBHOOK_SIGNATURE' => $signatures]);
  echo is_from_gateway($server, base64_decode($body), array_filter(explode(',', $secrets))) ? "true\n" : "false\n";
}`;
const PYTHON = String.raw`import base64, sys
from signature import is_from_gateway
for line in sys.stdin.read().rstrip("\n").split("\n"):
    secrets, id, time, signatures, body = line.split("\t")
    headers = {"webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures}
    headers = {name: value for name, value in headers.items() if value}
    print(str(is_from_gateway(headers, base64.b64decode(body), [s for s in secrets.split(",") if s])).lower())`;
const RUBY = String.raw`require './signature'
$stdin.read.chomp.split("\n").each do |line|
  secrets, id, time, signatures, body = line.split("\t", -1)
  env = { 'HTTP_WEBHOOK_ID' => id, 'HTTP_WEBHOOK_TIMESTAMP' => time, 'HTTP_WEBHOOK_SIGNATURE' => signatures }
  puts from_gateway?(env.reject { |_, value| value.empty? }, body.unpack1('m'), secrets.split(','))
end`;
const JAVA = String.raw`import java.util.*;
class Check {
  public static void main(String[] args) throws Exception {
    Scanner lines = new Scanner(System.in).useDelimiter("\n");
    while (lines.hasNext()) {
      String[] part = lines.next().split("\t", -1);
      Map<String, String> headers = new HashMap<>();
      List<String> names = List.of("webhook-id", "webhook-timestamp", "webhook-signature");
      for (int at = 0; at < 3; at++) if (!part[at + 1].isEmpty()) headers.put(names.get(at), part[at + 1]);
      List<String> secrets = part[0].isEmpty() ? List.of() : List.of(part[0].split(","));
      System.out.println(Signature.isFromGateway(headers::get, Base64.getDecoder().decode(part[4]), secrets));
    }
  }
}`;

/** Java runs one file, whose first class has to be the one that begins. */
function javaArguments(folder: string): string[] {
  const [imports, checker] = [
    /^import .*\n/gm,
    readFileSync(join(FOLDER, 'Signature.java'), 'utf8'),
  ] as const;
  const [first = '', ...check] = JAVA.split('\n');
  const file = join(folder, 'Check.java');
  writeFileSync(
    file,
    [...(checker.match(imports) ?? []), first, ...check, checker.replaceAll(imports, '')].join('\n'),
  );
  return ['-Xshare:auto', '-XX:TieredStopAtLevel=1', file];
}

describe('checkers of signatures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kittiwake-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const languages = [
    ['python', 'signature.py', () => ['python3', '-B', '-c', PYTHON]],
    ['php', 'signature.php', () => ['php', '-r', PHP]],
    ['ruby', 'signature.rb', () => ['ruby', '-e', RUBY]],
    ['java', 'Signature.java', () => ['java', ...javaArguments(folder)]],
  ] as const;

  async function askedOnce(): Promise<Asked> {
    await stage.subscriber('books.é');
    return (await stage.app.requests('/authorizer'))[0]!;
  }

  it('in Node agrees with the gateway', async () => {
    const asked = await askedOnce();
    for (const { what, secrets, headers, body, isGood } of casesOf(asked)) {
      const [id, timestamp, signatures] = headers;
      const given = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures };
      expect([what, isFromGateway(given, Buffer.from(body), secrets)]).toEqual([what, isGood]);
    }
  });

  it.each(languages)('in %s agrees with the gateway', async (language, _, commandOf) => {
    const cases = casesOf(await askedOnce());
    const [program, ...args] = commandOf();
    const input = `${cases.map(lineOf).join('\n')}\n`;
    const { error, stdout, stderr } = spawnSync(program!, args, { cwd: FOLDER, input, encoding: 'utf8' });
    const fault: NodeJS.ErrnoException | undefined = error;
    if (fault?.code === 'ENOENT') {
      process.stderr.write(`The checker of signatures in ${language} was not run: there is no ${program}.\n`);
      return;
    }
    expect(stderr).toBe('');
    const verdicts = stdout.trim().split('\n');
    expect(cases.map(({ what }, index) => [what, verdicts[index]])).toEqual(
      cases.map(({ what, isGood }) => [what, String(isGood)]),
    );
  });

  const files: [string, string][] = [
    ['js', 'signature.mjs'],
    ...languages.map(([name, file]): [string, string] => [name, file]),
  ];
  it.each(files)('in %s stands in the guide as it was run', (name, file) => {
    const [code] = codeBlocksOf(readFileSync('docs/signed-callbacks.md', 'utf8'), name);
    expect(code).toBe(readFileSync(join(FOLDER, file), 'utf8'));
  });
});

describe('callbacks that are not signed', () => {
  const plain = stageOfFile((app) => ({
    services: { books: { requireAuthentication: false, authorizer: `${app}/authorizer` } },
  }));
  const withIds = stageOfFile((app) => ({
    callbacks: { wait: '10ms', sendIds: true },
    services: { books: { requireAuthentication: false, authorizer: `${app}/authorizer` } },
  }));
  const ownHeaders = ({ headers }: Asked): string[] =>
    Object.keys(headers).filter((name) => /^(webhook|kittiwake)-/.test(name));

  it('have no header more', async () => {
    await plain.subscriber('books.1');
    const [asked] = await plain.app.requests('/authorizer');
    expect(ownHeaders(asked!)).toEqual([]);
    expect(Object.keys(asked!.headers).toSorted()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
  });

  it('have an id where that is wished', async () => {
    withIds.app.answer('/authorizer', { status: 500 });
    await withIds.subscriber('books.1');
    const tries = await withIds.app.requests('/authorizer', 2);
    expect(tries.map(ownHeaders)).toEqual([['webhook-id'], ['webhook-id']]);
    expect(tries[1]!.headers['webhook-id']).toBe(tries[0]!.headers['webhook-id']);
  });
});
