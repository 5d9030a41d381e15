import { hash } from 'node:crypto'

/** What the server runs as one step. It takes one key, and is sent as a whole only when the server does not know it (yet). */
export interface Script {
  readonly lua: string
  readonly sha: string
}

const script = (lua: string): Script => ({ lua, sha: hash('sha1', lua) })

/** The value, and the milliseconds it still has. */
export const read = script(`
local value = redis.call('GET', KEYS[1])
if not value then return nil end
return { value, redis.call('PTTL', KEYS[1]) }
`)

/** 1 when the value was `ARGV[1]` and is now `ARGV[2]`, for `ARGV[3]` milliseconds. */
export const replace = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

/** 1 when the value was `ARGV[1]` and is gone. */
export const removeOnly = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`)

/** Milliseconds of the server's clock. */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Members sorted by their end, of which those that are over go; the set ends with the last. */
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
 * The decision of `gcra.ts`, line by line, by the clock of the server: every process of an app has the same. What it returns is
 * what `gcra` takes, the number that stood there and the time, so that what the caller is told is computed in one place only.
 * Both compute in the same doubles. A refusal writes nothing, unless the clock has gone back.
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
