import { createHash } from 'node:crypto';

/** A script that Redis runs by itself, and the name that it has there. */
export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

/** A script in Lua. `ARGV[1]` of each is the identity of the server: see {@link RedisScripts}. */
export function scriptOf(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
