import { eventually } from './wait.js';

/** A frame about who is present, or what a reply says of it. */
export interface PresenceFrame {
  readonly event?: string;
  readonly subscription?: string;
  readonly seq?: number;
  readonly members?: readonly { readonly key: string; readonly info?: unknown }[];
  readonly count?: number;
  readonly join?: readonly { readonly key: string; readonly info?: unknown }[];
  readonly leave?: readonly string[];
}

/** Keeps who is present as a client of the protocol does, and finds what does not fit. */
export class PresenceWatch {
  readonly members = new Map<string, unknown>();
  count: number | undefined;
  /** What was told that cannot be true after what was told before. */
  readonly faults: string[] = [];
  /** All that was told, the reply first. */
  readonly told: PresenceFrame[] = [];
  private seq: number | undefined;

  get keys(): string[] {
    return [...this.members.keys()].toSorted();
  }

  /** Resolves when these are present, and nobody else. */
  async sees(...users: string[]): Promise<void> {
    const wanted = users.toSorted().join();
    await eventually(
      () => {
        expect(this.keys.join()).toBe(wanted);
        return true;
      },
      { what: `the members ${wanted}` },
    );
  }

  apply(frame: PresenceFrame): void {
    this.told.push(frame);
    if (frame.count !== undefined) this.become(frame.count, []);
    if (frame.members) this.become(frame.members.length, frame.members);
    if (frame.join || frame.leave) this.change(frame);
    if (frame.seq !== undefined) this.seq = frame.seq;
  }

  private become(count: number, members: NonNullable<PresenceFrame['members']>): void {
    this.count = count;
    this.members.clear();
    for (const { key, info } of members) this.members.set(key, info);
  }

  private change({ seq, join = [], leave = [] }: PresenceFrame): void {
    if (seq !== this.seq! + 1) this.faults.push(`${seq} after ${this.seq}`);
    for (const { key, info } of join) {
      const isNew = !this.members.has(key) || JSON.stringify(this.members.get(key)) !== JSON.stringify(info);
      if (!isNew) this.faults.push(`${key} joins twice`);
      this.members.set(key, info);
    }
    for (const key of leave) if (!this.members.delete(key)) this.faults.push(`${key} leaves twice`);
    this.count = this.members.size;
  }
}
