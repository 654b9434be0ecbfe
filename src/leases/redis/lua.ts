/** The time by Redis' own clock, in milliseconds. */
const NOW = `local time=redis.call('TIME') local now=time[1]*1000+math.floor(time[2]/1000)
local function at(ms) return string.format('%.0f',ms) end`;

/** Fields of a node's hash beside its records: how often it was written, who has taken it, and since when. */
export const WRITES = '#';
const TAKER = '!';
const TAKEN_AT = '@';
/** Those that are no records. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([WRITES, TAKER, TAKEN_AT]);

/**
 * KEYS: the node's hash. ARGV: the number of writes before and after this one, the number of keys to remove, these, and then
 * a key and a text for each record. Gives 1, 0 if somebody has taken it, or -1 if it is not as the node left it.
 */
export const WRITE_RECORDS = `
local removed=tonumber(ARGV[3])
if removed>0 then redis.call('HDEL',KEYS[1],unpack(ARGV,4,3+removed)) end
local state=redis.call('HMGET',KEYS[1],'${TAKER}','${WRITES}')
if state[1] then return 0 end
if state[2]~=ARGV[1] and state[2]~=ARGV[2] then return -1 end
redis.call('HSET',KEYS[1],'${WRITES}',ARGV[2],unpack(ARGV,4+removed))
return 1`;

/** KEYS: the node's hash. ARGV: the number of writes. Empties it. Gives 1, or 0 if somebody has taken it. */
export const RESET = `
if redis.call('HEXISTS',KEYS[1],'${TAKER}')==1 then return 0 end
redis.call('DEL',KEYS[1]) redis.call('HSET',KEYS[1],'${WRITES}',ARGV[1])
return 1`;

/** KEYS: nodes, takers. ARGV: the node, its lease. Renews the lease. Gives 1, or 0 if somebody has taken it. */
export const BEAT = `${NOW}
if redis.call('HEXISTS',KEYS[2],ARGV[1])==1 then return 0 end
redis.call('ZADD',KEYS[1],at(now+ARGV[2]),ARGV[1])
return 1`;

/** KEYS: nodes, takers. ARGV: the taker, its lease. Gives the node that was taken, if there is one. */
export const CLAIM = `${NOW}
local node=redis.call('ZRANGEBYSCORE',KEYS[1],'-inf',at(now),'LIMIT',0,1)[1]
if not node then return false end
redis.call('ZADD',KEYS[1],at(now+ARGV[2]),node) redis.call('HSET',KEYS[2],node,ARGV[1])
return node`;

/** KEYS: the node's hash. ARGV: the taker. From here on its node writes nothing there. Gives when it was first taken. */
export const SEAL = `${NOW}
redis.call('HSET',KEYS[1],'${TAKER}',ARGV[1]) redis.call('HSETNX',KEYS[1],'${TAKEN_AT}',at(now))
return redis.call('HGET',KEYS[1],'${TAKEN_AT}')`;

/** KEYS: nodes, takers. ARGV: the node, the taker, its lease. Gives 1, or 0 if somebody else has taken it. */
export const KEEP = `${NOW}
if redis.call('HGET',KEYS[2],ARGV[1])~=ARGV[2] then return 0 end
redis.call('ZADD',KEYS[1],at(now+ARGV[3]),ARGV[1])
return 1`;

/** KEYS: the node's hash. ARGV: the taker, and the keys to remove. Gives 1, or 0 if somebody else has taken it. */
export const FORGET = `
if redis.call('HGET',KEYS[1],'${TAKER}')~=ARGV[1] then return 0 end
redis.call('HDEL',KEYS[1],unpack(ARGV,2))
return 1`;

/** KEYS: the node's hash. ARGV: the taker, how long the node is kept from writing there. Gives as {@link FORGET}. */
export const FINISH = `
if redis.call('HGET',KEYS[1],'${TAKER}')~=ARGV[1] then return 0 end
redis.call('DEL',KEYS[1]) redis.call('HSET',KEYS[1],'${TAKER}',ARGV[1]) redis.call('PEXPIRE',KEYS[1],ARGV[2])
return 1`;

/** KEYS: nodes, takers. ARGV: the node, the taker. It is nobody's any more, and there is nothing left of it. */
export const RELEASE = `
if redis.call('HGET',KEYS[2],ARGV[1])==ARGV[2] then redis.call('ZREM',KEYS[1],ARGV[1]) redis.call('HDEL',KEYS[2],ARGV[1]) end
return 1`;
