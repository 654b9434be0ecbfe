import { setImmediate as turn } from 'node:timers/promises';
import { AcceptQueue } from './accept-queue.js';

describe('letting clients in', () => {
  let letIn: number[];

  beforeEach(() => {
    letIn = [];
  });

  function queue(maxPerTick: number, maxWaiting: number): AcceptQueue<number> {
    return new AcceptQueue({ maxPerTick, maxWaiting }, (client) => letIn.push(client));
  }

  function push(to: AcceptQueue<number>, count: number): string[] {
    return Array.from({ length: count }, (_, client) => to.push(client));
  }

  it('lets so many in at once, and as many in each turn of the event loop', async () => {
    const clients = queue(2, 10);
    expect(push(clients, 5)).toEqual(['let in', 'let in', 'waits', 'waits', 'waits']);
    expect(letIn).toEqual([0, 1]);
    expect(clients.length).toBe(3);
    await turn();
    expect(letIn).toEqual([0, 1, 2, 3]);
    await turn();
    expect(letIn).toEqual([0, 1, 2, 3, 4]);
    expect(clients.length).toBe(0);
  });

  it('takes no more than may wait', async () => {
    const clients = queue(1, 2);
    expect(push(clients, 5)).toEqual(['let in', 'waits', 'waits', 'too many', 'too many']);
    await turn();
    expect(clients.push(5)).toBe('waits');
    expect(clients.push(6)).toBe('too many');
    while (clients.length > 0) await turn();
    expect(letIn).toEqual([0, 1, 2, 5]);
  });

  it('lets nobody overtake those that wait', async () => {
    const clients = queue(1, 10);
    push(clients, 3);
    await turn();
    clients.push(3);
    expect(letIn).toEqual([0, 1]);
    while (clients.length > 0) await turn();
    expect(letIn).toEqual([0, 1, 2, 3]);
  });

  it('begins each turn anew', async () => {
    const clients = queue(2, 0);
    for (let count = 0; count < 3; count++) {
      expect(push(clients, 3)).toEqual(['let in', 'let in', 'too many']);
      await turn();
    }
    expect(letIn).toHaveLength(6);
  });

  it('lets everybody in at once without a limit', () => {
    expect(new Set(push(queue(0, 0), 1_000))).toEqual(new Set(['let in']));
    expect(letIn).toHaveLength(1_000);
  });

  it('keeps nothing of those that it has let in', async () => {
    const clients = queue(3, 100);
    push(clients, 50);
    while (clients.length > 0) await turn();
    expect(clients).toMatchObject({ waiting: { incoming: [], outgoing: [] } });
  });
});
