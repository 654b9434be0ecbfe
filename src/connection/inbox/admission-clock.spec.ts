import { AdmissionClock } from './admission-clock.js';

const DEADLINE_MS = 1000;

// A client whose first subscribe the app took long to decide on was closed for not having subscribed.
describe('the time that a client has to be admitted', () => {
  it('ends so long after it has connected', () => {
    expect(new AdmissionClock(5000).endsAtMs(5900, DEADLINE_MS)).toBe(6000);
  });

  it('stands still while the client has to wait', () => {
    const clock = new AdmissionClock(0);
    clock.stop(900);
    expect(clock.endsAtMs(900, DEADLINE_MS)).toBe(1000);
    expect(clock.endsAtMs(8900, DEADLINE_MS)).toBe(9000);
  });

  it('goes on where it stood, as often as it has been stopped', () => {
    const clock = new AdmissionClock(0);
    clock.stop(500);
    clock.goOn(2500);
    expect(clock.endsAtMs(2600, DEADLINE_MS)).toBe(3000);
    clock.stop(2700);
    clock.goOn(2800);
    expect(clock.endsAtMs(2900, DEADLINE_MS)).toBe(3100);
  });

  it('stands still for five minutes at most', () => {
    const clock = new AdmissionClock(0);
    clock.stop(0);
    clock.goOn(200_000);
    clock.stop(200_000);
    expect(clock.endsAtMs(900_000, DEADLINE_MS)).toBe(301_000);
  });
});
