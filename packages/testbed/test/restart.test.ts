import { describe, expect, it } from '@jest/globals'
import { rollingRestart } from '../src/restart.ts'

describe('X-03: a rolling restart of two processes behind a balancer', () => {
  it('loses none of 200 requests under way, sends none twice, and every one of 100 streams goes on', async () => {
    const seen = await rollingRestart({ requests: 200, streams: 100 })
    expect(seen).toMatchObject({ failed: [], answered: 200, resumed: 100, exits: [0, 0] })
    // Each request sent to a process reached the service once.
    expect(seen.arrived).toBe(200)
  }, 60_000)
})

describe('X-04: a process that is killed', () => {
  it('takes along what is under way on it, visibly, and nothing else', async () => {
    const seen = await rollingRestart({ requests: 40, streams: 10, kill: true })
    expect(seen.answered + seen.failed.length).toBe(40)
    expect(seen.failed.length).toBeGreaterThan(0)
    expect(seen.answered).toBeGreaterThan(0)
    expect(seen.resumed).toBe(10)
    expect(seen.after).toEqual([200, 200, 200, 200])
  }, 60_000)
})
