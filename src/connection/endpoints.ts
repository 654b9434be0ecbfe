import type { Endpoint } from './endpoint.js';

/** The endpoints of Kittiwake's gateways. */
export class Endpoints {
  private readonly byPath: ReadonlyMap<string | undefined, Endpoint>;
  private readonly others: readonly Endpoint[];

  /** @param all the first of a path is the one of it. */
  constructor(all: readonly Endpoint[]) {
    this.byPath = new Map(all.toReversed().map((endpoint) => [endpoint.path, endpoint]));
    this.others = [...all.filter(({ isWild }) => !isWild), ...all.filter(({ isWild }) => isWild)];
  }

  /** The endpoint for a URL path: one of exactly this path before one below whose path it is, and that before one of every path. */
  match(path: string): Endpoint | undefined {
    return this.byPath.get(path) ?? this.others.find((endpoint) => endpoint.matches(path));
  }
}
