import { settlesWithin } from '../../base/time-limit.js';
import type { Trigger } from '../room/trigger.js';

/** The time for which a trigger is waited for, to say how many subscriptions of this node it has reached. */
const ECHO_MS = 1000;

/** A trigger of this node that is to come back in the order of all nodes. */
export class Echo {
  private reached: number | undefined;
  private came!: (reached: number) => void;
  /** Resolves with the number of subscriptions of this node that it was sent to, once it has come. */
  readonly arrived = new Promise<number>((resolve) => (this.came = resolve));

  constructor(
    readonly trigger: Trigger,
    readonly serial: number,
  ) {}

  /** It has come, and was sent to so many. */
  delivered(reached: number): void {
    this.reached = reached;
    this.came(reached);
  }

  /** The number it was sent to; 0 when it does not come in time. */
  async count(): Promise<number> {
    if (this.reached === undefined) await settlesWithin(ECHO_MS, this.arrived);
    return this.reached ?? 0;
  }
}

/** The triggers of this node that are on their way through the log of all nodes. */
export class Echoes {
  private serial = 0;
  private readonly expected = new Map<string, Echo>();

  /** One is to come. */
  expect(trigger: Trigger): Echo {
    const echo = new Echo(trigger, ++this.serial);
    this.expected.set(`${echo.serial}`, echo);
    return echo;
  }

  /** One has come. @returns it, if it was expected. */
  take(serial: string): Echo | undefined {
    const echo = this.expected.get(serial);
    this.expected.delete(serial);
    return echo;
  }

  /** It is not waited for any more. */
  forget({ serial }: Echo): void {
    this.expected.delete(`${serial}`);
  }
}
