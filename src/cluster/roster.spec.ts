import { Roster } from './roster.js';

describe('the roster of nodes', () => {
  it('does not expect an answer of a node that missed two beats, and forgets it after a minute', () => {
    const roster = new Roster();
    roster.heard('a', 0);
    roster.heard('b', 10_000);
    expect([roster.isExpected('a', 12_500), roster.isExpected('a', 12_501)]).toEqual([true, false]);
    expect(roster.known(60_000)).toEqual(['a', 'b']);
    expect(roster.known(60_001)).toEqual(['b']);
    expect(roster.has('a')).toBe(false);
  });

  it('forgets at once who has said good-bye', () => {
    const roster = new Roster();
    roster.heard('a', 0);
    roster.left('a');
    expect([roster.known(0), roster.isExpected('a', 0)]).toEqual([[], false]);
  });
});
