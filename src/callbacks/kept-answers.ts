import type { JsonMembers } from '../protocol/json/json.js';

interface Kept {
  readonly answer: JsonMembers;
  /** The end of its time, by `performance.now()`. */
  readonly untilMs: number;
  readonly length: number;
}

/** The estimated memory of an answer besides its text, in characters. */
const OVERHEAD = 500;

/** A cache of answers, each for a time. When it is full, the oldest are forgotten. */
export class KeptAnswers {
  private readonly kept = new Map<string, Kept>();
  private length = 0;

  /** @param maxLength the most characters of all questions and answers. */
  constructor(private readonly maxLength: number) {}

  get(question: string): JsonMembers | undefined {
    const kept = this.kept.get(question);
    if (!kept) return undefined;
    if (kept.untilMs > performance.now()) return kept.answer;
    this.forget(question, kept);
    return undefined;
  }

  keep(question: string, answer: JsonMembers, ageMs: number): void {
    const before = this.kept.get(question);
    if (before) this.forget(question, before);
    const length = lengthOf(question, answer);
    if (length > this.maxLength) return;
    this.kept.set(question, { answer, untilMs: performance.now() + ageMs, length });
    this.length += length;
    for (const [oldest, kept] of this.kept) {
      if (this.length <= this.maxLength) break;
      this.forget(oldest, kept);
    }
  }

  private forget(question: string, { length }: Kept): void {
    this.kept.delete(question);
    this.length -= length;
  }
}

function lengthOf(question: string, answer: JsonMembers): number {
  let length = OVERHEAD + question.length;
  for (const [name, value] of answer) length += name.length + value.length;
  return length;
}
