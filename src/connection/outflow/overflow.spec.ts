import { type Missable, Overflow } from './overflow.js';

class Owner implements Missable {
  replaced = 0;
  aged = 0;
  waiting = 0;
  private untold = 0;

  constructor(private readonly name = '') {}

  added(): void {
    this.waiting++;
  }

  dropped(isReplaced: boolean): void {
    this.waiting--;
    if (isReplaced) this.replaced++;
    else this.aged++;
    this.untold++;
  }

  takeReport(): Buffer | undefined {
    this.waiting--;
    const report = this.untold === 0 ? undefined : Buffer.from(`${this.name} missed ${this.untold}`);
    this.untold = 0;
    return report;
  }
}

const taken = (overflow: Overflow, bytes = Infinity): string[] => overflow.take(bytes).map(String);

describe('frames that wait for a slow client', () => {
  let overflow: Overflow;
  let owner: Owner;
  const push = (text: string): void => overflow.push(Buffer.from(text));
  const pushMissable = (text: string, key?: string, whose = owner): void =>
    overflow.pushMissable(Buffer.from(text), whose, key);

  beforeEach(() => {
    overflow = new Overflow();
    owner = new Owner('one');
  });

  it('leave in order, as many at a time as are asked for', () => {
    for (const text of ['1', '22', '333', '4']) push(text);
    expect(overflow.bytes).toBe(7);
    expect(taken(overflow, 1)).toEqual(['1']);
    expect(taken(overflow, 3)).toEqual(['22', '333']);
    expect([taken(overflow), overflow.isEmpty, overflow.bytes]).toEqual([['4'], true, 0]);
  });

  it('are dropped by age where they may be', () => {
    push('kept');
    for (const text of ['1', '2', '3']) pushMissable(text);
    push('kept too');
    pushMissable('4');
    expect([overflow.dropOldest(), overflow.dropOldest()]).toEqual([true, true]);
    expect([owner.aged, overflow.bytes]).toEqual([2, 14]);
    expect(taken(overflow)).toEqual(['kept', 'one missed 2', '3', 'kept too', '4']);
    expect(overflow.dropOldest()).toBe(false);
  });

  it('are dropped by age after some have left, and after all have', () => {
    for (const text of ['1', '2', '3']) pushMissable(text);
    taken(overflow, 2);
    pushMissable('4');
    expect([overflow.dropOldest(), taken(overflow)]).toEqual([true, ['one missed 1', '4']]);
    push('5');
    pushMissable('6');
    expect([overflow.dropOldest(), overflow.dropOldest()]).toEqual([true, false]);
    expect(taken(overflow)).toEqual(['5']);
  });

  it('are replaced by a later one of their key, in whose place it leaves', () => {
    pushMissable('a1', 'a');
    pushMissable('b1', 'b');
    push('kept');
    pushMissable('a22', 'a');
    pushMissable('a333', 'a');
    expect([owner.replaced, overflow.bytes]).toEqual([2, 10]);
    expect(taken(overflow)).toEqual(['one missed 2', 'a333', 'b1', 'kept']);
    pushMissable('a4', 'a');
    expect([owner.replaced, taken(overflow)]).toEqual([2, ['a4']]);
  });

  it('are not dropped by age when they have a key', () => {
    pushMissable('a1', 'a');
    expect(overflow.dropOldest()).toBe(false);
    pushMissable('1');
    expect([overflow.dropOldest(), overflow.dropOldest()]).toEqual([true, false]);
    expect(taken(overflow)).toEqual(['one missed 1', 'a1']);
  });

  it('are told apart by owner, and so is what was missed', () => {
    const other = new Owner('other');
    pushMissable('1', 'k');
    pushMissable('2', 'k', other);
    pushMissable('3', 'k', other);
    expect(taken(overflow)).toEqual(['1', 'other missed 1', '3']);
  });

  it('cost the same to drop, however many wait', () => {
    for (let i = 0; i < 100_000; i++) push('x');
    for (let i = 0; i < 100_000; i++) pushMissable('y');
    const before = process.cpuUsage();
    let dropped = 0;
    while (overflow.dropOldest()) dropped++;
    expect(dropped).toBe(100_000);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });
});
