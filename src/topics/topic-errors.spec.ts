import { readFileSync } from 'node:fs';
import { tableBelow } from '../../test/support/markdown-table.js';
import { FailedAuthentications } from '../auth/failed-authentications.js';
import { JwtAuthenticator } from '../auth/jwt/jwt.authenticator.js';
import { TicketAuthenticator, ticketRefused } from '../auth/ticket.authenticator.js';
import { loadSettings } from '../config/loading/load-settings.js';
import { Metrics } from '../metrics/metrics.js';
import { SERVICE_UNAVAILABLE, UNHANDLED_EXCEPTION } from '../events/event-errors.js';
import type { ClientError } from '../protocol/errors.js';
import { DEFAULT_REFUSALS, TOPIC_ERRORS } from './topic-errors.js';

const reference = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const documented = tableBelow('## Errors', reference).map(({ Code, Text }) => ({ code: Code, text: Text }));

describe('the errors that clients of topics are told', () => {
  it('are those of the protocol reference', async () => {
    const told = [
      ...Object.values(TOPIC_ERRORS).map((make) => codeAndText(make())),
      ...Object.values(DEFAULT_REFUSALS),
      SERVICE_UNAVAILABLE,
      UNHANDLED_EXCEPTION,
      ...(await refusedAuthentications()).map(codeAndText),
    ];

    expect(documented.toSorted(byCode)).toEqual(told.toSorted(byCode));
  });

  it('have codes of their own', () => {
    const codes = documented.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

/** The errors for clients who authenticate with nothing, and with what is refused. */
async function refusedAuthentications(): Promise<ClientError[]> {
  const tickets = new TicketAuthenticator(
    { validate: () => Promise.reject(ticketRefused()) },
    new Metrics(loadSettings({}).metrics),
  );
  const jwt = { algorithms: ['HS256'], secret: 'a secret that nobody signs with in this test' };
  const tokens = new JwtAuthenticator(loadSettings({ auth: { jwt } }).auth.jwt!);
  const { signal } = new AbortController();
  return Promise.all([
    refusal(tickets.authenticate(new Map(), signal)),
    refusal(tokens.authenticate(new Map())),
    refusal(tooManyFailures()),
    Promise.resolve(ticketRefused()),
  ]);
}

async function tooManyFailures(): Promise<void> {
  const failures = new FailedAuthentications(loadSettings({ auth: { maxFailuresPerAddress: 1 } }).auth);
  failures.add('192.0.2.1');
  failures.check('192.0.2.1');
}

async function refusal(attempt: Promise<unknown>): Promise<ClientError> {
  return attempt.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: ClientError) => error,
  );
}

function codeAndText({ code, message }: ClientError): { code: string; text: string } {
  return { code, text: message };
}

function byCode(a: { code: string | undefined }, b: { code: string | undefined }): number {
  return (a.code ?? '') < (b.code ?? '') ? -1 : 1;
}
