import type { Endpoint } from './endpoint.js';

/** The endpoints of Kittiwake's gateways. */
export class Endpoints {
  private readonly byPath: ReadonlyMap<string | undefined, Endpoint>;
  private readonly others: readonly Endpoint[];

  /** @param all the endpoints; of several with one path, the first counts. */
  constructor(readonly all: readonly Endpoint[]) {
    this.byPath = new Map(all.toReversed().map((endpoint) => [endpoint.path, endpoint]));
    this.others = [...all.filter(({ isWild }) => !isWild), ...all.filter(({ isWild }) => isWild)];
  }

  /** The endpoint of exactly a URL path, else one that has it among its further paths, else that of every path. */
  match(path: string): Endpoint | undefined {
    return this.byPath.get(path) ?? this.others.find((endpoint) => endpoint.matches(path));
  }
}
