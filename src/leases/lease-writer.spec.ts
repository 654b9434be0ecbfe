import { FakeLedger } from '../../test/support/fake-ledger.js';
import { deferred, eventually } from '../../test/support/wait.js';
import type { JsonText } from '../protocol/json/json.js';
import { Lease } from './lease.js';
import { LeaseWriter } from './lease-writer.js';

describe('the writer of leases', () => {
  let ledger: FakeLedger;
  let writer: LeaseWriter;
  let heard: string[];
  let count: number;

  beforeEach(() => {
    ledger = new FakeLedger();
    heard = [];
    count = 0;
    open({ leaseMs: 60_000, beatMs: 30_000 });
  });
  afterEach(() => writer.stop().catch(() => undefined));

  function open(times: { leaseMs: number; beatMs: number }): void {
    writer = new LeaseWriter(ledger, times, {
      fenced: () => heard.push('fenced'),
      away: () => heard.push('away'),
      back: () => heard.push('back'),
    });
  }

  function begin(body = '{}'): Lease {
    const lease = new Lease(writer.book, 'topic', `c/${++count}`, { leaseBody: () => body as JsonText });
    writer.add(lease);
    return lease;
  }

  it('writes what begins in one turn at once', async () => {
    const leases = [begin(), begin(), begin()];
    await Promise.all(leases.map(({ written }) => written));
    expect(ledger.calls).toEqual(['begin', 'write 3 -0']);
    expect([...ledger.records]).toEqual([
      ['c/1', 'topic {}'],
      ['c/2', 'topic {}'],
      ['c/3', 'topic {}'],
    ]);
  });

  it('writes line breaks of a body as white space', async () => {
    await begin('{"a":\r\n1}').written;
    expect(ledger.records.get('c/1')).toBe('topic {"a":  1}');
  });

  it('writes nothing of what ends in the same turn', async () => {
    begin().end();
    await begin().written;
    expect(ledger.calls).toEqual(['begin', 'write 1 -0']);
  });

  it('removes what has ended while it was being written', async () => {
    await begin().written;
    const gate = deferred();
    ledger.gate = gate.promise;
    const lease = begin();
    await eventually(() => ledger.calls.includes('write 1 -0') && ledger.calls.length === 3);
    lease.end();
    gate.resolve();
    await eventually(() => ledger.calls.at(-1) === 'write 0 -1');
    expect([...ledger.records.keys()]).toEqual(['c/1']);
  });

  it('goes on when what was to be written has ended while the rest was', async () => {
    await begin().written;
    const gate = deferred();
    ledger.gate = gate.promise;
    const many = Array.from({ length: 1_500 }, () => begin());
    await eventually(() => ledger.calls.includes('write 1000 -0'));
    for (const lease of many.slice(1_000)) lease.end();
    gate.resolve();
    await many[0]!.written;
    expect(ledger.calls.slice(2)).toEqual(['write 1000 -0']);
  });

  it('has a record say why it ended that could not be told', async () => {
    const lease = begin();
    await lease.written;
    lease.ends('left');
    lease.changed();
    await eventually(() => ledger.calls.length === 3);
    expect(ledger.records.get('c/1')).toBe('topic:left {}');
  });

  it('does not have beginnings wait for a ledger that is away, and writes them when it is back', async () => {
    ledger.fault = new Error('gone');
    await begin().written;
    await begin().written;
    expect(heard).toEqual(['away']);
    ledger.fault = undefined;
    await eventually(() => ledger.records.size === 2);
    expect(heard).toEqual(['away', 'back']);
  });

  it('tries a write again of which the outcome is unknown, with what has ended since', async () => {
    await begin().written;
    const gate = deferred();
    ledger.gate = gate.promise;
    const [second, third] = [begin(), begin()];
    await eventually(() => ledger.calls.includes('write 2 -0'));
    ledger.fault = new Error('broken off');
    gate.resolve();
    await second.written;
    third.end();
    ledger.fault = undefined;
    await eventually(() => ledger.calls.includes('write 1 -1'));
    expect([...ledger.records.keys()]).toEqual(['c/1', 'c/2']);
  });

  it('writes all anew when the ledger has lost some', async () => {
    await begin().written;
    ledger.records.clear();
    ledger.nextState = 'behind';
    await begin().written;
    await eventually(() => ledger.calls.includes('rewrite'));
    expect([...ledger.records.keys()]).toEqual(['c/1', 'c/2']);
  });

  it('leaves to another node what that has taken, and begins anew with the rest', async () => {
    const taken = begin();
    await taken.written;
    ledger.nextState = 'fenced';
    const ours = begin();
    await eventually(() => ledger.calls.length === 5 && ledger.records.size === 1);
    expect(heard).toEqual(['fenced']);
    expect([taken.isOurs, ours.isOurs]).toEqual([false, true]);
    expect([...ledger.records.keys()]).toEqual(['c/2']);
    taken.end();
    await begin().written;
    expect(ledger.calls.slice(3)).toEqual(['begin', 'write 1 -0', 'write 1 -0']);
  });

  it('renews its lease', async () => {
    open({ leaseMs: 40, beatMs: 20 });
    await begin().written;
    await eventually(() => ledger.calls.filter((call) => call === 'beat').length >= 3);
    expect(heard).toEqual([]);
  });

  it('asks before it writes when its lease may have run out', async () => {
    open({ leaseMs: 1, beatMs: 30_000 });
    await begin().written;
    await eventually(() => performance.now() > 0 && new Promise((resolve) => setTimeout(resolve, 5, true)));
    await begin().written;
    expect(ledger.calls).toEqual(['begin', 'write 1 -0', 'beat', 'write 1 -0']);
  });

  it('takes it for fenced when nothing is left after a pause', async () => {
    open({ leaseMs: 1, beatMs: 30_000 });
    const lease = begin();
    await lease.written;
    await new Promise((resolve) => setTimeout(resolve, 5)); // a pause is what is tested
    ledger.nextState = 'behind';
    await begin().written;
    expect(heard).toEqual(['fenced']);
    expect(lease.isOurs).toBe(false);
  });

  it('writes what is left when it stops, and says whether something is', async () => {
    const [told] = [begin(), begin()];
    await told.written;
    told.end();
    await writer.stop();
    expect(ledger.calls.slice(2)).toEqual(['write 0 -1', 'end, and some are left']);
  });

  it('writes when it stops why that has ended which could not be told', async () => {
    const [told] = [begin(), begin()];
    await told.written;
    told.ends('lost');
    await writer.stop();
    expect([...ledger.records.values()]).toEqual(['topic:lost {}', 'topic {}']);
  });

  it('ends with nothing when all was told', async () => {
    const lease = begin();
    await lease.written;
    lease.end();
    await writer.stop();
    expect(ledger.calls.at(-1)).toBe('end');
  });

  it('says when it stops that the ledger is away', async () => {
    ledger.fault = new Error('gone');
    await begin().written;
    await expect(writer.stop()).rejects.toThrow('away');
  });
});
