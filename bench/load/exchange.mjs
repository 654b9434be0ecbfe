import { DIALECTS } from './dialects.mjs';
import { measured } from './measured.mjs';
import { watchForStall } from './stall.mjs';
import { everyTurn } from './turns.mjs';

/** Digits of the texts that are sent as pings: they have the same size each time. */
const PING_CHARACTERS = 64;

/** What is asked, and how the answer must be, for the n-th time. */
const KINDS = {
  ping: {
    ask: ({ ping }, n) => ping(String(n).padStart(PING_CHARACTERS, '0')),
    answer: ({ pong }, n) => pong(String(n).padStart(PING_CHARACTERS, '0')),
  },
  call: { ask: ({ call }, n) => call(n), answer: ({ result }, n) => result(n) },
};

/** Connections that each keep some questions under way: what comes in, is answered, and goes out. */
export class Exchange {
  #kind;
  #dialect;
  #states = new Map();
  #asked = 0;
  #answered = 0;
  #due = [];

  /** Asks `questions` times altogether, over these many of the connections, and waits until all are answered. */
  async run({ population, serverPid, dialect, kind, connections, depth, questions }) {
    this.#kind = KINDS[kind];
    this.#dialect = DIALECTS[dialect];
    this.#asked = this.#answered = 0;
    const chosen = population.connections.slice(0, connections);
    this.#states = new Map(chosen.map((connection) => [connection, { asked: 0, answered: 0 }]));
    this.#due = Array.from({ length: depth }, () => chosen).flat();
    const stopWatch = watchForStall(
      () => this.#answered,
      () => `${this.#asked - this.#answered} answers`,
    );
    const usage = await measured(serverPid, () => this.#play(questions));
    stopWatch();
    return { answers: this.#answered, ...usage };
  }

  /** Those of one connection are answered in their order. */
  onText(connection, buffer, start, end) {
    const state = this.#states.get(connection);
    const text = buffer.latin1Slice(start, end);
    if (state === undefined || text !== this.#kind.answer(this.#dialect, state.answered))
      throw new Error(`connection ${connection.index}: not the answer that was expected: ${text}`);
    state.answered++;
    this.#answered++;
    this.#due.push(connection);
  }

  #play(questions) {
    return new Promise((resolve) => {
      everyTurn(() => {
        for (const connection of this.#due) {
          if (this.#asked < questions) this.#ask(connection);
        }
        this.#due = [];
        const isOver = this.#answered === questions;
        if (isOver) resolve();
        return !isOver;
      });
    });
  }

  #ask(connection) {
    this.#asked++;
    connection.send(this.#kind.ask(this.#dialect, this.#states.get(connection).asked++));
  }
}
