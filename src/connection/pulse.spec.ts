import { monotonicMs } from '../base/monotonic-ms.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import { Pulse } from './pulse.js';

const PING_FRAME = Buffer.from('ping');
const PING_MS = 1_000;
const PONG_MS = 400;
const IDLE_MS = 60_000;
const ADMISSION_MS = 5_000;

describe('the pulse of a connection', () => {
  let startMs: number;
  let owner: { isOpen: boolean; idleMs: number; sendAhead: () => void; close: (reason: CloseReason) => void };
  let transport: { isPaused: boolean; pingFrame: Buffer | undefined };
  let pings: number;
  let closedFor: CloseReason | undefined;

  beforeEach(() => {
    startMs = monotonicMs();
    pings = 0;
    closedFor = undefined;
    owner = { isOpen: true, idleMs: 0, sendAhead: () => pings++, close: (reason) => (closedFor = reason) };
    transport = { isPaused: false, pingFrame: PING_FRAME };
  });

  function pulse(admissionDeadlineMs = 0): Pulse {
    return new Pulse(owner, transport, {
      pingIntervalMs: PING_MS,
      pingTimeoutMs: PONG_MS,
      admissionDeadlineMs,
    });
  }

  /** Sweeps after a time, and looks at what came of it. */
  function sweptAt(one: Pulse, afterMs: number): { pings: number; closedFor: CloseReason | undefined } {
    one.sweep(startMs + afterMs);
    return { pings, closedFor };
  }

  it('pings at intervals as long as there are answers, else has it closed', () => {
    const one = pulse();
    expect(sweptAt(one, PING_MS - 50).pings).toBe(0);
    expect(sweptAt(one, PING_MS + 50).pings).toBe(1);
    one.ponged();
    expect(sweptAt(one, 2 * PING_MS + 100)).toEqual({ pings: 2, closedFor: undefined });
    expect(sweptAt(one, 2 * PING_MS + 200 + PONG_MS).closedFor).toBe(CLOSE_REASONS.unresponsive);
  });

  it('wants to be swept when the answer to a ping is due', () => {
    expect(pulse().sweep(startMs + PING_MS + 50)).toBe(PONG_MS);
  });

  it('neither pings nor has an end where the client cannot be pinged', () => {
    transport.pingFrame = undefined;
    const one = pulse();
    expect(one.sweep(startMs + 10 * PING_MS)).toBe(Infinity);
    expect({ pings, closedFor }).toEqual({ pings: 0, closedFor: undefined });
  });

  it('has it closed when no frame comes for too long', () => {
    owner.idleMs = IDLE_MS;
    transport.pingFrame = undefined;
    const one = pulse();
    one.heard(startMs + 100);
    expect(sweptAt(one, IDLE_MS).closedFor).toBeUndefined();
    expect(sweptAt(one, IDLE_MS + 100).closedFor).toBe(CLOSE_REASONS.idle);
  });

  it('holds nothing against a client that is not read, nor what it could not do meanwhile', () => {
    owner.idleMs = IDLE_MS;
    const one = pulse(ADMISSION_MS);
    one.admit();
    one.sweep(startMs + PING_MS + 50);
    transport.isPaused = true;
    expect(sweptAt(one, 2 * IDLE_MS)).toEqual({ pings: 1, closedFor: undefined });
    transport.isPaused = false;
    one.resumed(startMs + 2 * IDLE_MS);
    expect(sweptAt(one, 2 * IDLE_MS + 50)).toEqual({ pings: 2, closedFor: undefined });
  });

  it('has it closed when the client is not admitted in time', () => {
    transport.pingFrame = undefined;
    expect(sweptAt(pulse(ADMISSION_MS), ADMISSION_MS + 50).closedFor).toBe(CLOSE_REASONS.notAuthenticated);
  });

  it('has it closed when the proof of who the client is has expired, even if it is not read', () => {
    transport.isPaused = true;
    const one = pulse();
    one.expireAt(Date.now() - 1);
    expect(sweptAt(one, 50).closedFor).toBe(CLOSE_REASONS.sessionExpired);
  });

  it('lets a later proof count', () => {
    const one = pulse();
    one.expireAt(Date.now() - 1);
    one.expireAt(undefined);
    expect(sweptAt(one, 50).closedFor).toBeUndefined();
  });

  it('has nothing of a client that is gone', () => {
    const one = pulse(ADMISSION_MS);
    one.forget();
    expect(one.isOpen).toBe(false);
    expect(sweptAt(one, IDLE_MS)).toEqual({ pings: 0, closedFor: undefined });
    expect(Object.values(one)).not.toContain(owner);
    expect(Object.values(one)).not.toContain(transport);
  });
});
