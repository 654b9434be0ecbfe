import { API_KEY } from '../wire.mjs';
import { HttpPipeline, postRequest } from './http-pipeline.mjs';
import { Templates } from './templates.mjs';

/** Publishes by `POST /publish` over some connections, with at most `depth` requests without an answer on each. */
export class HttpPublisher {
  #pipelines;
  #depth;
  #templates = new Templates((topic, data) => {
    const body = `{"subscription":${JSON.stringify(topic)},"data":${data}}`;
    return postRequest('/publish', body, { Authorization: `Bearer ${API_KEY}` });
  });

  constructor({ port, connections = 1, depth = 1 }) {
    this.#depth = depth;
    const nothing = () => {};
    this.#pipelines = Array.from({ length: connections }, () => new HttpPipeline(port, nothing));
  }

  async open() {
    await Promise.all(this.#pipelines.map((pipeline) => pipeline.open()));
  }

  get canPublish() {
    return this.#leastBusy().inFlight < this.#depth;
  }

  get isIdle() {
    return this.#pipelines.every(({ inFlight }) => inFlight === 0);
  }

  publish(topic, sequence, dataBytes) {
    const { bytes, digitsAt } = this.#templates.of(topic, dataBytes);
    const { buffer, start } = this.#leastBusy().add(bytes);
    Templates.fill(buffer, start + digitsAt, sequence);
  }

  flush() {
    for (const pipeline of this.#pipelines) pipeline.flush();
  }

  close() {
    for (const pipeline of this.#pipelines) pipeline.close();
  }

  #leastBusy() {
    let least = this.#pipelines[0];
    for (const pipeline of this.#pipelines) if (pipeline.inFlight < least.inFlight) least = pipeline;
    return least;
  }
}
