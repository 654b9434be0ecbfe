import type { Endpoint } from './endpoint.js';

/** The endpoints of Kittiwake's gateways. */
export class Endpoints {
  private readonly byPath: ReadonlyMap<string | undefined, Endpoint>;
  private readonly others: readonly Endpoint[];

  constructor(
    /** By the name that the gateway gives as its `path`: the real path is configuration, not code. */
    private readonly byName: ReadonlyMap<string, Endpoint>,
  ) {
    const all = [...byName.values()];
    this.byPath = new Map(all.toReversed().map((endpoint) => [endpoint.path, endpoint]));
    this.others = [...all.filter(({ isWild }) => !isWild), ...all.filter(({ isWild }) => isWild)];
  }

  /** Whether Nest has connected every gateway to its endpoint, which it does with Kittiwake's adapter only. */
  get areConnected(): boolean {
    return [...this.byName.values()].every(({ isServed }) => isServed);
  }

  /** The endpoint of a gateway. */
  find(name: string | undefined): Endpoint | undefined {
    return this.byName.get(name ?? '');
  }

  /** The endpoint for a URL path: one of exactly this path before one below whose path it is, and that before one of every path. */
  match(path: string): Endpoint | undefined {
    return this.byPath.get(path) ?? this.others.find((endpoint) => endpoint.matches(path));
  }
}
