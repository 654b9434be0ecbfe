/** A position as the test takes it apart; to clients it is opaque. */
interface Place {
  readonly epoch: string;
  readonly number: number;
}

/** All that was published and delivered with a position: what must agree, whoever saw it. */
export class Ledger {
  /** What must not be. */
  readonly faults: string[] = [];
  private readonly byPlace = new Map<string, unknown>();
  private readonly latest = new Map<string, string>();

  /** A position was told for a publication, to its publisher or to a client. */
  note(topic: string, position: string, data: unknown): void {
    const place = `${topic} ${position}`;
    const known = this.byPlace.get(place);
    if (known === undefined) this.byPlace.set(place, data);
    else if (known !== data)
      this.fault(`${place} is of ${JSON.stringify(known)} and of ${JSON.stringify(data)}`);
  }

  /** The publisher was told that this is the position of the last publication of a topic. */
  published(topic: string, position: string, data: unknown): void {
    this.note(topic, position, data);
    this.latest.set(topic, position);
  }

  /** The position of the last publication of a topic whose publisher got an answer. */
  latestOf(topic: string): string | undefined {
    return this.latest.get(topic);
  }

  fault(text: string): void {
    this.faults.push(text);
  }
}

/** Whether one position comes right after another. */
export function isNext(position: string, before: string): boolean {
  const [one, other] = [placeOf(position), placeOf(before)];
  return one.epoch === other.epoch && one.number === other.number + 1;
}

/** Whether a position is at another, or beyond it, in the same epoch. */
export function hasReached(position: string, goal: string): boolean {
  const [one, other] = [placeOf(position), placeOf(goal)];
  return one.epoch === other.epoch && one.number >= other.number;
}

function placeOf(position: string): Place {
  const dot = position.lastIndexOf('.');
  return { epoch: position.slice(0, dot), number: Number(position.slice(dot + 1)) };
}
