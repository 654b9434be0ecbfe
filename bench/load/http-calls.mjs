import { HttpPipeline, postRequest } from './http-pipeline.mjs';
import { measured } from './measured.mjs';
import { watchForStall } from './stall.mjs';
import { everyTurn } from './turns.mjs';

/** The procedure is called with numbers below this one. */
const NUMBERS = 1000;

/** Calls a procedure over HTTP so many times, over some connections with one call each at a time. */
export class HttpCalls {
  #answered = 0;
  #asked = 0;
  #idle = [];

  async run({ port, serverPid, connections, questions }) {
    this.#answered = this.#asked = 0;
    const callers = Array.from({ length: connections }, () => this.#caller(port));
    await Promise.all(callers.map(({ pipeline }) => pipeline.open()));
    this.#idle = [...callers];
    const stopWatch = watchForStall(
      () => this.#answered,
      () => `${this.#asked - this.#answered} answers`,
    );
    const usage = await measured(serverPid, () => this.#play(questions));
    stopWatch();
    for (const { pipeline } of callers) pipeline.close();
    return { answers: this.#answered, ...usage };
  }

  #caller(port) {
    const caller = { number: 0, pipeline: undefined };
    caller.pipeline = new HttpPipeline(port, (body) => {
      if (Number(body) !== caller.number + 1)
        throw new Error(`${caller.number} + 1 was answered with ${body}`);
      this.#answered++;
      this.#idle.push(caller);
    });
    return caller;
  }

  #play(questions) {
    return new Promise((resolve) => {
      everyTurn(() => {
        for (const caller of this.#idle.splice(0)) {
          if (this.#asked < questions) this.#call(caller);
        }
        const isOver = this.#answered === questions;
        if (isOver) resolve();
        return !isOver;
      });
    });
  }

  #call(caller) {
    this.#asked++;
    caller.number = this.#asked % NUMBERS;
    caller.pipeline.add(postRequest('/rpc/add', JSON.stringify({ a: caller.number, b: 1 })));
    caller.pipeline.flush();
  }
}
