import { hash } from 'node:crypto'

/**
 * A script the server runs atomically. It takes one key; its source is sent only if the server does not know it (yet).
 */
export interface Script {
  readonly lua: string
  readonly sha: string
}

const script = (lua: string): Script => ({ lua, sha: hash('sha1', lua) })

/** The value and its remaining milliseconds. */
export const read = script(`
local value = redis.call('GET', KEYS[1])
if not value then return nil end
return { value, redis.call('PTTL', KEYS[1]) }
`)

/** Compare-and-swap: returns 1 if the value was `ARGV[1]` and is now `ARGV[2]`, for `ARGV[3]` milliseconds. */
export const replace = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

/** Compare-and-delete: returns 1 if the value was `ARGV[1]`. */
export const removeOnly = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)

/** The server's clock in milliseconds. */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** A sorted set of members by expiry; expired ones are removed, and the set expires with its last member. */
export const join = script(`${now}
local ends = math.max(now + ARGV[2], tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0))
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], ends, ARGV[1])
redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
return 1
`)

export const members = script(`${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
`)

/**
 * The decision of `gcra.ts`, line by line, by the server's clock, which all processes share. It returns the input of
 * `gcra`, the stored number and the time, so that the result is computed in one place only. Both use the same doubles.
 * A refusal writes nothing, unless the clock was set back.
 */
export const takeUnits = script(`
local full = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local interval = math.ceil(ARGV[1] * 1024) / 1024
local burst = tonumber(ARGV[2])
local room = burst * interval
local was = full and tonumber(full) or now
local before = math.max(now, math.min(was, now + room))
local after = before + math.min(tonumber(ARGV[3]), burst) * interval
local allowed = after - room - now <= 0.01
local kept = allowed and after or before
if kept > now and (allowed or kept ~= was) then
  redis.call('SET', KEYS[1], string.format('%.17g', kept), 'PX', math.ceil(kept - now))
end
return { full, time[1], time[2] }
`)
