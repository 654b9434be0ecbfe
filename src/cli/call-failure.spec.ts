import { CallFailure } from './call-failure.js';

const NEEDED = [
  { name: 'user', type: null },
  { name: 'password', type: 'password' },
];

describe('the exit code of a call that failed', () => {
  it.each([
    [200, 6],
    [302, 4],
    [400, 3],
    [401, 5],
    [403, 5],
    [404, 2],
    [407, 5],
    [418, 3],
    [423, 3],
    [500, 6],
    [504, 6],
  ])('with status %d is %d', (status, code) => {
    expect(new CallFailure('add', status, { error: 'x' }).exitCode).toBe(code);
  });

  it('is 3 when more has to be known, whatever the status', () => {
    expect(new CallFailure('add', 200, { error: 'x', needed_vars: [] }).exitCode).toBe(3);
  });
});

describe('what is said of a call that failed', () => {
  it.each<[number, unknown, string]>([
    [500, { error: 'Boom' }, 'Boom'],
    [400, { error: { why: [1] } }, '{"why":[1]}'],
    [404, { error: 'Not Found' }, 'there is no procedure add'],
    [404, { error: 'No such book' }, 'No such book'],
    [403, { error: '/add' }, 'no access to add: the service secret, or a token, is missing or wrong'],
    [403, { error: 'Not for you' }, 'Not for you'],
    [302, { redirect: '/meow' }, 'moved to /meow'],
    [418, 'short and stout\n', 'short and stout'],
    [502, undefined, 'the gateway answered with status 502'],
    [500, [], 'the gateway answered with status 500'],
    [423, { error: 'Locked', needed_vars: NEEDED }, 'Locked (needs --user --password)'],
  ])('with status %d and %j', (status, body, text) => {
    expect(new CallFailure('add', status, body).message).toBe(text);
  });

  it('has what is needed, as far as it has a name', () => {
    const failure = new CallFailure('add', 423, {
      error: 'x',
      needed_vars: [...NEEDED, 5, null, { name: 1 }],
    });
    expect(failure.neededVariables).toEqual(NEEDED);
    expect(new CallFailure('add', 423, { error: 'x', needed_vars: 5 }).neededVariables).toEqual([]);
  });
});
