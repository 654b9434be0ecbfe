import { formatPlace } from '../link/places.js';

interface Range {
  readonly first: number;
  readonly last: number;
  readonly primary: string;
}

/** The hash slots of a Cluster by server. */
export class RedisClusterMap {
  private constructor(
    private readonly ranges: readonly Range[],
    /** `host:port` of every server, replicas too. */
    readonly servers: readonly string[],
  ) {}

  /**
   * Reads the answer to CLUSTER SLOTS: the first and the last slot of a range, its primary, its replicas.
   * @param askedHost the host of the server that gave it; stands in where the answer names no host.
   */
  static read(answer: unknown, askedHost: string): RedisClusterMap {
    const ranges: Range[] = [];
    const servers = new Set<string>();
    for (const [first, last, ...members] of answer as [number, number, ...Member[]][]) {
      const addresses = members.map(([host, port]) =>
        formatPlace({ host: NO_HOST.includes(host) ? askedHost : host!, port }),
      );
      for (const address of addresses) servers.add(address);
      if (addresses[0] !== undefined) ranges.push({ first, last, primary: addresses[0] });
    }
    return new RedisClusterMap(ranges, [...servers]);
  }

  /** `host:port` of the server that has the slot, if one has. */
  primaryOf(slot: number): string | undefined {
    return this.ranges.find(({ first, last }) => first <= slot && slot <= last)?.primary;
  }
}

type Member = readonly [host: string | null, port: number, ...rest: unknown[]];

/** The values for a host that Redis does not know or, by `cluster-preferred-endpoint-type`, does not tell. */
const NO_HOST: readonly (string | null)[] = [null, '', '?'];
