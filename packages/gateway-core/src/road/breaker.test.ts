import { describe, expect, it } from '@jest/globals'
import { Breaker, type BreakerState, type Verdict } from './breaker.ts'

const policy = { failureRate: 0.5, slowRate: 0.8, slowAfter: 100, window: 10_000, minimum: 20, cooldown: 5_000 }

function setUp(given: Partial<typeof policy> = {}) {
  const time = { now: 1_000_000 }
  const changes: BreakerState[] = []
  const breaker = new Breaker(
    { ...policy, ...given },
    (state) => changes.push(state),
    () => time.now,
  )
  const say = (...verdicts: Verdict[]) => verdicts.forEach((verdict) => breaker.leave(breaker.enter(), verdict))
  const open = () => say(...times(10, 'bad'))
  return { time, changes, breaker, say, open }
}

const times = (count: number, ...verdicts: Verdict[]): Verdict[] => Array.from({ length: count }, () => verdicts).flat()

describe('breaker', () => {
  it.each<[string, Verdict[], BreakerState]>([
    ['9 failures in a row', times(9, 'bad'), 'closed'],
    ['10 failures in a row, too few for a rate', times(10, 'bad'), 'open'],
    ['19 calls, half of them failed', [...times(9, 'good', 'bad'), 'bad'], 'closed'],
    ['20 calls, half of them failed', times(10, 'good', 'bad'), 'open'],
    ['20 calls, fewer than half failed', [...times(9, 'bad', 'good'), 'good', 'good'], 'closed'],
    ['20 calls, 15 of them slow', [...times(5, 'good'), ...times(15, 'slow')], 'closed'],
    ['20 calls, 16 of them slow', [...times(4, 'good'), ...times(16, 'slow')], 'open'],
    ['calls that were called off', times(100, 'nothing'), 'closed'],
    ['failures in a row, some calls called off between', times(10, 'bad', 'nothing'), 'open'],
  ])('U-21: after %s', (_, verdicts, state) => {
    const { breaker, say } = setUp()
    say(...verdicts)
    expect(breaker.state).toBe(state)
  })

  it('U-21: forgets what is older than the window', () => {
    const { time, breaker, say } = setUp()
    say(...times(9, 'good', 'bad'))
    time.now += 10_000
    say('good', 'bad')
    expect(breaker.state).toBe('closed')
    say(...times(9, 'good', 'bad'))
    expect(breaker.state).toBe('open')
  })

  it('U-21: the window moves on by tenths', () => {
    const { time, breaker, say } = setUp()
    for (let tenth = 0; tenth < 9; tenth++, time.now += 1_000) say('good', 'bad')
    time.now += 1_000
    say('good', 'bad')
    expect(breaker.state).toBe('closed')
    say('good', 'bad')
    expect(breaker.state).toBe('open')
  })

  it('U-21: refuses for the cooldown, and says how long', () => {
    const { time, breaker, open, changes } = setUp()
    open()
    expect([breaker.enter(), breaker.left]).toEqual([-1, 5_000])
    time.now += 4_999
    expect([breaker.enter(), breaker.left]).toEqual([-1, 1])
    expect(changes).toEqual(['open'])
  })

  it('U-21: half open, it lets exactly one call through', () => {
    const { time, breaker, open, changes } = setUp()
    open()
    time.now += 5_000
    const eras = Array.from({ length: 100 }, () => breaker.enter())
    expect(eras.filter((era) => era >= 0)).toHaveLength(1)
    breaker.leave(eras[0]!, 'good')
    expect(changes).toEqual(['open', 'half-open', 'closed'])
    expect(breaker.enter()).toBeGreaterThanOrEqual(0)
  })

  it.each<Verdict>(['bad', 'slow'])('U-21: opens again for a whole cooldown when the probe is %s', (verdict) => {
    const { time, breaker, open, changes } = setUp()
    open()
    time.now += 5_000
    const probe = breaker.enter()
    time.now += 200
    breaker.leave(probe, verdict)
    expect(changes).toEqual(['open', 'half-open', 'open'])
    expect([breaker.enter(), breaker.left]).toEqual([-1, 5_000])
  })

  it('U-21: a probe that was called off leaves its place to the next call', () => {
    const { time, breaker, open } = setUp()
    open()
    time.now += 5_000
    breaker.leave(breaker.enter(), 'nothing')
    const probe = breaker.enter()
    expect(probe).toBeGreaterThanOrEqual(0)
    expect(breaker.enter()).toBe(-1)
    breaker.leave(probe, 'good')
    expect(breaker.state).toBe('closed')
  })

  it('U-21: a probe that says nothing for a cooldown is replaced, and what it says later is not heard', () => {
    const { time, breaker, open } = setUp()
    open()
    time.now += 5_000
    const lost = breaker.enter()
    time.now += 4_999
    expect(breaker.enter()).toBe(-1)
    time.now += 1
    const probe = breaker.enter()
    expect(probe).toBeGreaterThanOrEqual(0)
    breaker.leave(lost, 'bad')
    expect(breaker.state).toBe('half-open')
    breaker.leave(probe, 'good')
    expect(breaker.state).toBe('closed')
  })

  it('U-21: calls that began before a change decide nothing after it', () => {
    const { time, breaker, open } = setUp()
    const early = [breaker.enter(), breaker.enter()]
    open()
    time.now += 5_000
    const probe = breaker.enter()
    breaker.leave(early[0]!, 'good')
    expect(breaker.state).toBe('half-open')
    breaker.leave(probe, 'good')
    for (const era of times(20, 'bad').map(() => early[1]!)) breaker.leave(era, 'bad')
    expect(breaker.state).toBe('closed')
  })

  it('U-21: starts to count anew when it closes', () => {
    const { time, breaker, say, open } = setUp()
    open()
    time.now += 5_000
    say('good', ...times(9, 'bad'))
    expect(breaker.state).toBe('closed')
  })

  it('U-21: an upstream that fails for 5 s of every 10 is spared for most of the bad half', () => {
    const { time, breaker } = setUp({ cooldown: 1_000 })
    let asked = 0
    for (const end = time.now + 60_000; time.now < end; time.now += 10) {
      const bad = time.now % 10_000 < 5_000
      const era = breaker.enter()
      if (era < 0) continue
      if (bad) asked++
      breaker.leave(era, bad ? 'bad' : 'good')
    }
    // Ten to open it and five probes, of the 500 calls of each half.
    expect(asked).toBeLessThanOrEqual(6 * 15)
  })
})
