import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { BrokerError } from '../broker/broker.error.js';
import type { BrokerHistory, HistoryPage, HistoryStart } from '../broker/history.js';
import { HistoryMetrics } from '../metrics/history.metrics.js';
import { Position } from '../protocol/position.js';
import { Publication } from '../protocol/publication.js';
import { ChannelLog } from './channel-log.js';
import { RingBudget } from './ring-budget.js';

const CHANNEL = 'books.1';
const RULES = { size: 10, ttlMs: 60_000, unsequenced: 'drop' } as const;

/** A history of one channel that can be out of order. */
class KeptHistory implements BrokerHistory {
  readonly reads: HistoryStart[] = [];
  readonly kept: Publication[] = [];
  epoch = 'e';
  fault: Error | undefined;

  publish(): Publication {
    const offset = this.kept.length + 1;
    const text = `{"@":"${this.epoch}.${offset}","subscription":"${CHANNEL}","data":${offset}}`;
    const publication = Publication.parse(text);
    publication.position = new Position(this.epoch, offset);
    this.kept.push(publication);
    return Publication.parse(text);
  }

  append(): never {
    throw new Error('nobody asks for it');
  }

  async read(_: string, start: HistoryStart): Promise<HistoryPage> {
    this.reads.push(start);
    await Promise.resolve();
    if (this.fault ?? this.reads.length > 10) throw this.fault ?? new Error('read again and again');
    const top = new Position(this.epoch, this.kept.length);
    if (start === 'top') return { top, publications: [], ordered: [] };
    const isLost = start !== 'oldest' && !start.isWithin(top);
    const after = start === 'oldest' ? 0 : start.offset;
    return { top, publications: isLost ? undefined : this.kept.slice(after), ordered: [] };
  }

  tops(): Promise<readonly Position[]> {
    return Promise.resolve([new Position(this.epoch, this.kept.length)]);
  }
}

describe('the log of a channel', () => {
  let history: KeptHistory;
  let log: ChannelLog;
  let seen: string[];

  beforeEach(async () => {
    jest.useFakeTimers();
    history = new KeptHistory();
    seen = [];
    const keeper = {
      history,
      budget: new RingBudget(1e6),
      metrics: new HistoryMetrics(new Registry()),
      takesUnsequenced: () => false,
    };
    log = new ChannelLog(CHANNEL, RULES, keeper, {
      deliver: ({ data }) => seen.push(String(data)),
      reset: (top) => seen.push(`reset ${top.toString()}`),
      checked: (top) => seen.push(`checked ${top.toString()}`),
    });
    await log.open();
  });

  afterEach(() => {
    log.close();
    jest.useRealTimers();
  });

  const settled = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

  it('delivers what comes in order without a read', () => {
    for (let count = 0; count < 3; count++) log.receive(history.publish());
    expect(seen).toEqual(['1', '2', '3']);
    expect(history.reads).toEqual(['top']);
  });

  it('reads what is missing, and lets what came meanwhile wait', async () => {
    log.receive(history.publish());
    history.publish();
    log.receive(history.publish());
    expect(seen).toEqual(['1']);
    log.receive(history.publish());
    await settled();
    expect(seen).toEqual(['1', '2', '3', '4']);
  });

  it('drops what comes twice', async () => {
    const publication = history.publish();
    log.receive(publication);
    log.receive(publication);
    await settled();
    expect(seen).toEqual(['1']);
  });

  it('is reset by another epoch, and goes on in it', async () => {
    log.receive(history.publish());
    history.epoch = 'f';
    log.receive(history.publish());
    await settled();
    log.receive(history.publish());
    expect(seen).toEqual(['1', 'reset f.2', '3']);
  });

  it('reads once for what comes late from an epoch before, and drops it', async () => {
    const late = history.publish();
    history.epoch = 'f';
    log.receive(history.publish());
    await settled();
    const before = history.reads.length;
    log.receive(late);
    await settled();
    expect(seen).toEqual(['reset f.2']);
    expect(history.reads).toHaveLength(before + 1);
  });

  it('catches up when a check finds it behind', async () => {
    history.publish();
    log.check(new Position('e', 1));
    await settled();
    log.check(new Position('e', 1));
    expect(seen).toEqual(['1', 'checked e.1']);
  });

  it('catches up once the broker is back, not before', async () => {
    log.lost();
    history.publish();
    log.receive(history.publish());
    await settled();
    expect(seen).toEqual([]);
    log.back();
    await settled();
    expect(seen).toEqual(['1', '2']);
  });

  it('tries again while it cannot read what it missed; who comes back meanwhile waits no longer than seconds', async () => {
    log.receive(history.publish());
    history.publish();
    history.fault = new BrokerError('out of memory');
    log.receive(history.publish());
    const came = log.recover(new Position('e', 1), false).catch(String);
    await jest.advanceTimersByTimeAsync(5000);
    expect(await came).toBe('BrokerError: what was missed of "books.1" cannot be read');
    history.fault = undefined;
    jest.useRealTimers();
    await expect(log.recover(new Position('e', 1), false)).resolves.toMatchObject({
      missed: [{ data: '2' }, { data: '3' }],
    });
    expect(seen).toEqual(['1', '2', '3']);
  });
});
