import { jest } from '@jest/globals';
import { Refusal } from '../../callbacks/refusal.js';
import type { Connection } from '../../connection/connection.js';
import type { RoomAdmission } from '../admission/room-admission.js';
import { RoomRefusal } from '../admission/room-refusal.js';
import type { RoomSession } from '../room-session.js';
import type { RoomSessions } from '../room-sessions.js';
import { JoiningAdmission } from './joining-admission.js';

describe('a client that was not let in', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is asked about again when it joins after five seconds', async () => {
    let asked = 0;
    const sessions = new Map<unknown, RoomSession>();
    const ask = (): Promise<undefined> => {
      asked++;
      return Promise.reject(new RoomRefusal(new Refusal()));
    };
    const admission = new JoiningAdmission(
      {
        find: (connection: unknown) => sessions.get(connection),
        add: (session: RoomSession) => sessions.set(session.connection, session),
      } as unknown as RoomSessions,
      { ask } as unknown as RoomAdmission,
    );
    const connection = { id: 'c', headers: {} } as unknown as Connection;
    const join = (): Promise<unknown> => admission.sessionOf(connection).catch((error: unknown) => error);
    for (const passedMs of [0, 4_999]) {
      jest.advanceTimersByTime(passedMs);
      expect(await join()).toMatchObject({ code: 'forbidden', retryAfterMs: 5_000 - passedMs });
    }
    expect(asked).toBe(1);
    jest.advanceTimersByTime(1);
    await join();
    expect(asked).toBe(2);
  });
});
