import { ForbiddenException, BadRequestException } from '@nestjs/common';
import { NeedInfo } from '../src/procedures/need-info.js';
import { ProcedureRedirect } from '../src/procedures/redirect.js';
import { TypedResult } from '../src/procedures/typed-result.js';
import { callOf, procedureOf, rpcToken, sharedRpc, USER, V1 } from './support/rpc.js';

const stage = sharedRpc();
beforeAll(() => {
  stage.add(
    procedureOf('locked', () => {
      throw new NeedInfo('Need a password', [{ name: 'password', type: 'password' }], 'vault');
    }),
  );
  stage.add(
    procedureOf('moved', () => {
      throw new ProcedureRedirect('/there');
    }),
  );
  stage.add(
    procedureOf('forbidden', () => {
      throw new ForbiddenException('Not you.');
    }),
  );
  stage.add(
    procedureOf('invalid', () => {
      throw new BadRequestException(['a must be a number', 'b is missing']);
    }),
  );
  stage.add(procedureOf('page', () => new TypedResult(Buffer.from('page'), 'text/html')));
  stage.add(procedureOf('late', () => new Promise(() => undefined), { deadlineMs: 20 }));
  stage.add(
    procedureOf('circle', () => {
      const circle: unknown[] = [];
      circle.push(circle);
      return circle;
    }),
  );
});

describe('with kittiwake.v1.json', () => {
  it('the sub-protocol is agreed on', async () => {
    expect((await stage.connect('other', V1)).webSocket.protocol).toBe(V1);
  });

  it('the first frame greets, with the periods, the limits and the features', async () => {
    const client = await stage.connect(V1);
    expect(await client.greeting()).toEqual({
      event: 'hello',
      connection_id: expect.any(String),
      ping_period: 15,
      expires_in: expect.any(Number), // every token ends
      limits: {
        frame_bytes: 1_048_576,
        result_bytes: 10_485_760,
        events_per_second: 5000,
        calls: 1000,
      },
      features: ['cancel', 'named-arguments'],
    });
  });

  it('the first frame says when the token ends', async () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const client = await stage.connectTo(`/rpc/token/${rpcToken({ ...USER, exp })}`, [V1]);
    const { expires_in: seconds } = await client.greeting();
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3605); // clocks may be 5 s apart
  });

  it('results are the same', async () => {
    const client = await stage.connect(V1);
    expect(await client.ask(callOf('add', [1, 2], 'm'))).toEqual({ result: 3, marker: 'm', eod: 1 });
  });

  it('a result of null is told', async () => {
    const client = await stage.connect(V1);
    expect(await client.ask(callOf('echo', [null]))).toEqual({ result: null, marker: 1, eod: 1 });
  });

  it('the end of a stream is told', async () => {
    const client = await stage.connect(V1);
    client.send(callOf('count', [1]));
    expect(await client.next()).toEqual({ result: 0, marker: 1, eod: 0 });
    expect(await client.next()).toEqual({ marker: 1, eod: 1 });
    client.send(callOf('count', [1, 'last']));
    expect([await client.next(), await client.next()]).toContainEqual({ result: 'last', marker: 1, eod: 1 });
  });

  it('arguments may come by name, and may be left out', async () => {
    const client = await stage.connect(V1);
    const byName = { function_name: 'add', marker: 1, parameters: { b: 2, a: 1 } };
    expect(await client.ask(byName)).toMatchObject({ result: 3 });
    expect(await client.ask({ ...byName, parameters_list: [1], parameters: { b: 2 } })).toMatchObject({
      result: 3,
    });
    expect(await client.ask({ function_name: 'whoami', marker: 1 })).toMatchObject({
      result: { user_id: 1 },
    });
    for (const parameters of [[1, 2], 'ab', 5, null])
      expect(await client.ask({ ...byName, parameters })).toMatchObject({ code: 'arguments_mismatch' });
  });

  it('bytes go both ways', async () => {
    const client = await stage.connect(V1);
    expect(await client.ask(callOf('is_bytes', [{ __base64__: 'AAE=' }]))).toMatchObject({ result: true });
    expect(await client.ask(callOf('page', []))).toMatchObject({ result: { __base64__: 'cGFnZQ==' } });
  });

  it.each([
    ['nope', [], 'procedure_undefined', 'the nope function is undefined'],
    ['add', [1], 'arguments_mismatch', 'number of arguments mismatch in the add function call'],
    ['fail', [], 'procedure_failed', 'an error occurred while executing the function fail'],
    ['circle', [], 'procedure_failed', 'an error occurred while executing the function circle'],
    ['refuse', [{ a: 1 }], 'refused', { a: 1 }],
    ['moved', [], 'redirect', 'redirected to /there'],
    ['forbidden', [], 'forbidden', 'Not you.'],
    ['invalid', [], 'bad_request', 'a must be a number; b is missing'],
    ['late', [], 'deadline_exceeded', 'The call took too long.'],
    ['locked', [], 'need_info', 'Need a password'],
  ])('an error of %s %j has the code %s', async (name, parameters, code, error) => {
    const client = await stage.connect(V1);
    expect(await client.ask(callOf(name, parameters))).toMatchObject({ error, marker: 1, code });
  });

  it('an error has what its code needs', async () => {
    const client = await stage.connect(V1);
    const needed = { resource: 'vault', needed_vars: [{ name: 'password', type: 'password' }] };
    expect(await client.ask(callOf('locked', []))).toHaveProperty('data', needed);
    expect(await client.ask(callOf('moved', []))).toHaveProperty('data', { location: '/there' });
    expect(await client.ask(callOf('fail', []))).not.toHaveProperty('data');
  });

  it('a frame that is no call has a code', async () => {
    const client = await stage.connect(V1);
    for (const frame of ['?', {}, { function_name: 'add', parameters_list: [1, 1] }])
      expect(await client.ask(frame)).toMatchObject({ marker: null, code: 'invalid_frame' });
  });

  it.each(['hang', 'trickle'])('a call of %s can be cancelled', async (name) => {
    const client = await stage.connect(V1);
    client.send(callOf(name, [], { m: 1 })).send(callOf('add', [1, 1], 2));
    while ((await client.next()).marker !== 2);
    const ended = stage.unhung.promise;
    client.send('{"cancel":{ "m": 1 }}');
    let last = await client.next();
    while (!('error' in last)) last = await client.next();
    expect(last).toEqual({ error: 'The call was cancelled.', marker: { m: 1 }, code: 'call_cancelled' });
    await ended;
    expect(await client.ask(callOf('add', [1, 1], { m: 1 }))).toEqual({
      result: 2,
      marker: { m: 1 },
      eod: 1,
    });
  });

  it('a call that there is not cannot be cancelled', async () => {
    const client = await stage.connect(V1);
    expect(await client.ask({ cancel: 1 })).toEqual({
      error: 'There is no call with this id.',
      marker: 1,
      code: 'call_not_found',
    });
  });

  it('a marker is of one call at a time', async () => {
    const client = await stage.connect(V1);
    client.send(callOf('hang', [], 'm'));
    expect(await client.ask(callOf('add', [1, 1], 'm'))).toMatchObject({
      marker: 'm',
      code: 'duplicate_call',
    });
  });
});
