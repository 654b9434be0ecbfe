import { scriptOf } from '../history/script.js';

/** The field of a channel's hashes that is no connection and no member: of members, the server and the number. */
export const OWN_FIELD = '#';

/**
 * The number of the latest news; none when nothing is known of the channel. What another server has numbered has a hole
 * after it: a replica that has become the primary may have less.
 */
const NUMBER = `
local function numberOf(members)
 local kept=redis.call('HGET',members,'${OWN_FIELD}')
 if not kept then return end
 local server,number=string.match(kept,'^(%S*) (%d+)$')
 return number,server==ARGV[1]
end
local function newNumber()
 local now=redis.call('TIME')
 return string.format('%.0f',(now[1]-1700000000)*100000+math.floor(now[2]/10))
end`;

/** The members, by how many connections, and their public forms; each is read once, and written at the end. */
const ATTENDANCE = `
local function attendance(members)
 local all={order={},was={},is={}}
 function all.of(key)
  if all.is[key] then return all.is[key] end
  local kept=redis.call('HGET',members,key)
  local count,text
  if kept then count,text=string.match(kept,'^(%d+) (.*)$') end
  all.was[key]=text or false
  all.is[key]={count=tonumber(count or 0),text=text}
  table.insert(all.order,key)
  return all.is[key]
 end
 function all.store()
  local joined,left={},{}
  for _,key in ipairs(all.order) do
   local was,is=all.was[key],all.is[key]
   if is.count>0 then
    redis.call('HSET',members,key,is.count..' '..is.text)
    if was~=is.text then table.insert(joined,is.text) end
   elseif was then redis.call('HDEL',members,key) table.insert(left,key) end
  end
  return joined,left
 end
 return all
end`;

/**
 * KEYS: connections and members of each channel. ARGV: identity, the command to send with; then of each channel: where its
 * news are sent, its name as JSON, the most members to name, the number of changes, and of each change the connection, the
 * key of the member, empty if it ends, and what is shown of it. Gives the number of the latest news of each, 0 for none.
 */
export const WRITE_CHANGES = scriptOf(`${NUMBER}${ATTENDANCE}
local at,out=3,{}
for i=1,#KEYS,2 do
 local connections,members=KEYS[i],KEYS[i+1]
 local target,name,max,changes=ARGV[at],ARGV[at+1],tonumber(ARGV[at+2]),tonumber(ARGV[at+3])
 at=at+4
 local number,isOurs=numberOf(members)
 if not number or redis.call('HEXISTS',connections,'${OWN_FIELD}')==0 then
  redis.call('DEL',connections,members) number=nil
 end
 local all=attendance(members)
 for _=1,changes do
  local connection,key,text=ARGV[at],ARGV[at+1],ARGV[at+2]
  at=at+3
  local was=redis.call('HGET',connections,connection) or ''
  if was~=key then
   if was~='' then local it=all.of(was) it.count=it.count-1 end
   if key=='' then redis.call('HDEL',connections,connection)
   else
    local it=all.of(key)
    it.count=it.count+1 it.text=text
    redis.call('HSET',connections,connection,key)
   end
  elseif key~='' then all.of(key).text=text end
 end
 local joined,left=all.store()
 if #joined+#left>0 then
  if not (number and isOurs) then number=newNumber() redis.call('HSET',connections,'${OWN_FIELD}','') end
  number=string.format('%.0f',number+1)
  redis.call('HSET',members,'${OWN_FIELD}',ARGV[1]..' '..number)
  local count=redis.call('HLEN',members)-1
  local news='{"n":'..number..',"c":'..count
  if count<=max then news=news..',"j":['..table.concat(joined,',')..'],"l":['..table.concat(left,',')..']' end
  if count==0 then redis.call('DEL',connections,members) number=nil end
  redis.pcall(ARGV[2],target,'{"subscription":'..name..',"data":'..cjson.encode(news..'}')..'}')
 end
 table.insert(out,number or '0')
end
return out`);

/**
 * KEYS: members of each channel. ARGV: identity, then of each channel the most members to give. Gives of each the number, 0
 * for none, how many there are, and then, if they are not more, who they are: keys and what is kept of them.
 */
export const READ_MEMBERS = scriptOf(`${NUMBER}
local out={}
for i,members in ipairs(KEYS) do
 local number=numberOf(members)
 if not number then out[i]={'0',0,{}}
 else
  local count=redis.call('HLEN',members)-1
  out[i]={number,count}
  if count<=tonumber(ARGV[i+1]) then out[i][3]=redis.call('HGETALL',members) end
 end
end
return out`);

/** All of them. */
export const PRESENCE_SCRIPTS = [WRITE_CHANGES, READ_MEMBERS];
