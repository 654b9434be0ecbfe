import { scriptOf } from './script.js';

/**
 * The epoch, whose key has the identity of the server before it: a replica that has become the primary may have less, and
 * begins another. `began` is 1 when that happens here.
 */
const EPOCH = `
local kept=redis.call('GET',KEYS[1]) local epoch local began=0
if kept and string.sub(kept,1,#ARGV[1]+1)==ARGV[1]..' ' then epoch=string.sub(kept,#ARGV[1]+2)
else epoch=ARGV[2] began=1 redis.call('SET',KEYS[1],ARGV[1]..' '..epoch) end`;

/** The number before the first of a channel: by the time, so that none is used again when Redis has forgotten it. */
const BEGIN = `
local function begin(top,list,topTtl)
 local now=redis.call('TIME')
 local number=string.format('%.0f',(now[1]-1700000000)*100000+math.floor(now[2]/10))
 redis.call('SET',top,number,'PX',topTtl) redis.call('DEL',list)
 return number
end`;

/** Keeps and sends one publication. Numbers are written with all their digits: Lua's own way rounds them. */
const KEEP = `
local function keep(top,list,text,rules,isDue,channel)
 local number=redis.call('INCR',top)
 if number==1 then begin(top,list,rules.topTtl) number=redis.call('INCR',top)
 elseif isDue then redis.call('PEXPIRE',top,rules.topTtl) end
 local length=redis.call('RPUSH',list,text)
 if length==1 or isDue then redis.call('PEXPIRE',list,rules.ttl) end
 if length==rules.size+1 then redis.call('LPOP',list)
 elseif length>rules.size then redis.call('LTRIM',list,-rules.size,-1) end
 local position=epoch..'.'..string.format('%.0f',number)
 local sent=redis.pcall(ARGV[3],channel,'{"@":"'..position..'",'..string.sub(text,2))
 return position,type(sent)=='table' and sent.err
end`;

/**
 * KEYS: epoch, then top and list of each publication, then keys of idempotency. ARGV: identity, an epoch to begin, the
 * command to send with, the time of idempotency, the number of rules; of each rule: size, the time of lists, that of tops;
 * then of each publication: channel, text, the number of its rule, negative if the times are to be set, and which of the
 * keys of idempotency it has, 0 for none.
 * Gives whether an epoch began, then for each its position, after "=" if it is a repeat, or after "!" its error.
 */
export const PUBLISH = scriptOf(`${EPOCH}${BEGIN}${KEEP}
local out,rules,before={began},{},5+3*tonumber(ARGV[5])
for i=6,before,3 do table.insert(rules,{size=tonumber(ARGV[i]),ttl=ARGV[i+1],topTtl=ARGV[i+2]}) end
for i=1,(#ARGV-before)/4 do
 local at=before+4*i-3
 local known=ARGV[at+3]~='0' and KEYS[tonumber(ARGV[at+3])]
 local repeated=known and redis.call('GET',known)
 if repeated then out[i+1]='='..repeated
 else
  local rule=tonumber(ARGV[at+2])
  local position,fault=keep(KEYS[2*i],KEYS[2*i+1],ARGV[at+1],rules[math.abs(rule)],rule<0,ARGV[at])
  if known then redis.call('SET',known,position,'PX',ARGV[4]) end
  out[i+1]=fault and '!'..fault or position
 end
end
return out`);

/**
 * KEYS: epoch, then top and list of each channel. ARGV: identity, an epoch to begin, the time of tops; then of each channel
 * the epoch and the number after which to read, "*" for the epoch to have all, nothing to have none.
 * Gives whether an epoch began, the epoch, and for each channel the top, what comes after, and what is before and seems to
 * have an order.
 */
export const READ_HISTORIES = scriptOf(`${EPOCH}${BEGIN}
local out={began,epoch}
for i=1,(#KEYS-1)/2 do
 local top,list,from=KEYS[2*i],KEYS[2*i+1],ARGV[2*i+2]
 local page={redis.call('GET',top) or begin(top,list,ARGV[3])}
 if from=='*' then page[2]=redis.call('LRANGE',list,0,-1) page[3]={}
 elseif from==epoch then
  local length,missed=redis.call('LLEN',list),tonumber(page[1])-tonumber(ARGV[2*i+3])
  if missed>=0 and missed<=length then
   page[2]=missed>0 and redis.call('LRANGE',list,-missed,-1) or {}
   page[3]={}
   if missed<length then for _,text in ipairs(redis.call('LRANGE',list,0,length-missed-1)) do
    if string.find(text,'"order"',1,true) then table.insert(page[3],text) end
   end end
  end
 end
 out[i+2]=page
end
return out`);

/** The most that {@link PUMP} takes in at once, so that Redis has time for others. */
export const MAX_ENTRIES_PER_CALL = 32;

/** The CRC-32 of a text, half a byte at a time: it says which partition has a channel. */
const CRC = `
local half={0,0x1db71064,0x3b6e20c8,0x26d930ac,0x76dc4190,0x6b6b51f4,0x4db26158,0x5005713c,
 0xedb88320,0xf00f9344,0xd6d6a3e8,0xcb61b38c,0x9b64c2b0,0x86d3d2d4,0xa00ae278,0xbdbdf21c}
local function crc(text)
 local sum=bit.bnot(0)
 for at=1,#text do
  sum=bit.bxor(sum,string.byte(text,at))
  for _=1,2 do sum=bit.bxor(bit.rshift(sum,4),half[bit.band(sum,15)+1]) end
 end
 sum=bit.bnot(sum)
 return sum<0 and sum+4294967296 or sum
end`;

/** Why an entry of a stream is not published. */
const FAULTS = `
local function faultOf(channel,text)
 if not channel or not text then return 'it needs c, the topic, and d, the publication' end
 if not rules[string.match(channel,'^([^.]+)%..') or ''] then return 'no service with a history has its topic '..channel end
 if #text>tonumber(ARGV[6]) then return 'it is larger than '..ARGV[6]..' bytes' end
 local partition=partitions>0 and crc(channel)%partitions
 if partition and partition~=tonumber(ARGV[10]) then return 'its topic is of partition '..partition end
 local isJson,members=pcall(cjson.decode,text)
 if not isJson or type(members)~='table' or members.subscription~=channel or members.data==nil then
  return 'd is not a publication with the subscription '..channel
 end
end`;

/**
 * KEYS: epoch, stream, then top and list of each topic of which there are entries. ARGV: identity, an epoch to begin, the
 * command to send with, the time of idempotency, the most entries, the most bytes of one, what the names of keys and of
 * channels begin with, the number of partitions, and which it is; then of each service: name, size, the time of lists,
 * that of tops. Stops at an entry whose keys were not given: a script may use no other where a slot is on the move.
 * An entry is taken out first: what cannot be kept must not come again and again. Gives whether an epoch began, how many
 * entries were taken, and what was wrong with some.
 */
export const PUMP = scriptOf(`${EPOCH}${BEGIN}${KEEP}${CRC}
local rules,partitions,given={},tonumber(ARGV[9]),{}
for i=11,#ARGV,4 do rules[ARGV[i]]={size=tonumber(ARGV[i+1]),ttl=ARGV[i+2],topTtl=ARGV[i+3]} end
for i=3,#KEYS do given[KEYS[i]]=true end
${FAULTS}
local function take(channel,text,key)
 local known=key and ARGV[7]..'i:'..redis.sha1hex(channel..' '..key)
 if known and redis.call('GET',known) then return end
 local position,unsent=keep(ARGV[7]..'t:'..channel,ARGV[7]..'l:'..channel,text,rules[string.match(channel,'^[^.]+')],
  true,ARGV[8]..channel)
 if known then redis.call('SET',known,position,'PX',ARGV[4]) end
 return unsent
end
local faults,taken={},0
for _,entry in ipairs(redis.call('XRANGE',KEYS[2],'-','+','COUNT',ARGV[5])) do
 local fields={}
 for i=1,#entry[2],2 do fields[entry[2][i]]=entry[2][i+1] end
 local text=fields.d and string.match(fields.d,'^%s*(.*)$')
 local fault=faultOf(fields.c,text)
 if not fault and not given[ARGV[7]..'t:'..fields.c] then break end
 redis.call('XDEL',KEYS[2],entry[1])
 if not fault then local _,thrown=pcall(take,fields.c,text,fields.k) fault=thrown end
 if fault then table.insert(faults,type(fault)=='table' and fault.err or tostring(fault)) end
 taken=taken+1
end
if redis.call('XLEN',KEYS[2])==0 then redis.call('DEL',KEYS[2]) end
return {began,taken,faults}`);

/** KEYS: tops. ARGV: identity, the time that they have at least. */
export const TOUCH = scriptOf(`
for _,top in ipairs(KEYS) do
 if redis.call('PTTL',top)<tonumber(ARGV[2]) then redis.call('PEXPIRE',top,ARGV[2]) end
end`);

/** All of them. */
export const SCRIPTS = [PUBLISH, READ_HISTORIES, PUMP, TOUCH];
