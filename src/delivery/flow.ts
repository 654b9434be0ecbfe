/**
 * Counts what passes, and tells how much of it lately: whoever wants to know how fast it is marks two times. One
 * addition for each publication, however many subscriptions it reaches, is all that it costs.
 */
export class Flow {
  /** So many have passed. */
  passed = 0;
  /** So many passed between the last two marks. */
  lately = 0;
  private marked = 0;

  mark(): void {
    this.lately = this.passed - this.marked;
    this.marked = this.passed;
  }
}
