import { Readable } from 'node:stream'
import { describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import type { Call } from '../call.ts'
import type { FaultKind } from '../fault.ts'
import { isFailing, isFailure } from '../failure.ts'
import { isBroken, Outlier } from './outlier.ts'

const policy = { failures: 3, ejection: 1_000, panic: 0.5 }

function setUp() {
  const time = { now: 0 }
  const now = () => time.now
  const changed = jest.fn()
  const outlier = new Outlier(policy, changed)
  /** One call after the other, each with its verdict. */
  const say = (...verdicts: boolean[]) => {
    for (const good of verdicts) outlier.head(outlier.begin(time.now), good, now)
  }
  const eject = () => say(false, false, false)
  return { time, now, changed, outlier, say, eject, isWell: () => outlier.isWell(time.now) }
}

const ended = () => {
  const scope = new Scope()
  scope.end(faultOf('timeout'))
  return scope
}

describe('outlier', () => {
  it.each([
    ['fewer failures than it takes', [false, false], true],
    ['enough in a row', [false, false, false], false],
    ['a success between', [false, false, true, false, false], true],
  ])('G13: %s', (_, verdicts, well) => {
    const { say, isWell } = setUp()
    say(...verdicts)
    expect(isWell()).toBe(well)
  })

  it('G13: is out for its time, then one call is the trial', () => {
    const { time, eject, outlier, isWell } = setUp()
    eject()
    time.now = 999
    expect(isWell()).toBe(false)
    time.now = 1_000
    expect(isWell()).toBe(true)
    outlier.begin(time.now)
    expect(isWell()).toBe(false)
  })

  it('G14: a good trial brings it in, and says so', () => {
    const { time, eject, say, outlier, changed } = setUp()
    eject()
    time.now = 1_000
    say(true)
    expect([outlier.out, changed.mock.calls.length]).toEqual([false, 2])
  })

  it('G13: each time is longer, up to five minutes', () => {
    const { time, eject, say, isWell } = setUp()
    eject()
    for (let times = 2; times < 400; times++) {
      time.now += Math.min(300, times - 1) * 1_000
      expect(isWell()).toBe(true)
      say(false)
      time.now += Math.min(300, times) * 1_000 - 1
      expect(isWell()).toBe(false)
      time.now += 1
      time.now -= Math.min(300, times) * 1_000
    }
  })

  it('G13: is forgiven when it was in for as long as it had been out, not sooner', () => {
    const { time, eject, say, outlier } = setUp()
    eject()
    time.now = 1_000
    say(true)
    time.now = 1_999
    eject()
    expect(outlier.times).toBe(2)
    time.now = 3_999
    say(true)
    time.now = 5_999
    eject()
    expect(outlier.times).toBe(1)
  })

  it('G13: a trial that was called off leaves its place', () => {
    const { time, eject, outlier, isWell } = setUp()
    eject()
    time.now = 1_000
    outlier.skip(outlier.begin(time.now))
    expect(isWell()).toBe(true)
  })

  it('G13: what began before it went out cannot bring it in', () => {
    const { now, time, eject, outlier } = setUp()
    const slow = outlier.begin(time.now)
    eject()
    outlier.head(slow, true, now)
    expect(outlier.out).toBe(true)
  })

  it('G13: one that is asked all the same, because too many are out, comes in when it answers', () => {
    const { eject, say, outlier } = setUp()
    eject()
    say(false, true)
    expect(outlier.out).toBe(false)
  })

  it('G13: a failure while it is out makes it no longer', () => {
    const { time, eject, say, outlier, isWell } = setUp()
    eject()
    time.now = 500
    say(false, false, false, false)
    time.now = 1_000
    expect([outlier.times, isWell()]).toEqual([1, true])
  })

  it('U-05: bodies that break in a row put it out, however good their heads', () => {
    const { now, outlier } = setUp()
    for (let i = 0; i < 3; i++) {
      const era = outlier.begin(0)
      outlier.head(era, true, now)
      outlier.body(era, false, now)
    }
    expect(outlier.out).toBe(true)
  })

  it('U-05: a whole body between starts the count anew', () => {
    const { now, outlier } = setUp()
    for (const good of [false, false, true, false, false]) outlier.body(outlier.begin(0), good, now)
    expect(outlier.out).toBe(false)
  })
})

describe('what is an instance’s failure', () => {
  it.each([
    [200, false],
    [404, false],
    [429, false],
    [500, true],
    [501, false],
    [502, true],
    [503, true],
    [504, true],
  ])('G13: status %i: %s', (status, failing) => {
    expect(isFailing(status)).toBe(failing)
  })

  it.each<[FaultKind, boolean]>([
    ['refused', true],
    ['reset', true],
    ['malformed', true],
    ['timeout', true],
    ['aborted', false],
    ['open', false],
    ['full', false],
  ])('G13: fault %s: %s', (kind, failure) => {
    expect(isFailure(faultOf(kind), callOf(), 0, 1_000)).toBe(failure)
  })

  it.each<[string, () => Partial<Call>, number, boolean]>([
    ['a call that had enough time', () => ({ scope: ended() }), 500, true],
    ['a call that had little time left', () => ({ scope: ended() }), 499, false],
    ['an upload', () => ({ scope: ended(), body: Readable.from([]) }), 900, false],
    ['a limit of the attempt alone', () => ({}), 10, true],
  ])('G13: a timeout of %s', (_, call, took, failure) => {
    expect(isFailure(faultOf('timeout'), callOf(call()), took, 1_000)).toBe(failure)
  })

  it('G13: a mistake of ours is none', () => {
    expect(isFailure(new TypeError('ours'), callOf(), 0, 1_000)).toBe(false)
  })

  it('U-05: a body that lasts and fell silent is no failure, and one that broke is', () => {
    const broken = (error: Error) => isBroken(error, callOf({ streamed: true }), true, 1_000, 1_000)
    expect([broken(faultOf('timeout')), broken(faultOf('reset'))]).toEqual([false, true])
  })

  it.each<[string, Error, () => Partial<Call>, boolean]>([
    ['that was cut', faultOf('reset'), () => ({}), true],
    ['that fell silent', faultOf('timeout'), () => ({ streamed: true }), true],
    ['that was too long for its reader', faultOf('malformed'), () => ({}), false],
    ['nobody wanted', new Error('nobody reads this body'), () => ({}), false],
    ['whose time as a stream was up', faultOf('timeout'), () => ({ streamed: true, scope: ended() }), false],
  ])('U-05: a body %s', (_, error, call, broken) => {
    expect(isBroken(error, callOf(call()), false, 1_000, 1_000)).toBe(broken)
  })
})
