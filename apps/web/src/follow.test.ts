import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { follow, type FollowState } from './follow.ts'

/** A scripted `EventSource`: tests fire what the browser's would. */
class Source extends EventTarget {
  readonly CLOSED = 2
  readyState = 1
  readonly url: string

  constructor(url: string) {
    super()
    this.url = url
  }

  say(type: string, data: object = {}): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }))
  }

  break(readyState: 0 | 2): void {
    this.readyState = readyState
    this.dispatchEvent(new Event('error'))
  }

  close(): void {
    this.readyState = 2
  }
}

let sources: Source[]
let items: number[]
let states: FollowState[]
let resyncs: number
let signedOut: number
let stop: () => void

beforeEach(() => {
  jest.useFakeTimers()
  sources = []
  items = []
  states = []
  resyncs = 0
  signedOut = 0
  stop = follow<{ rev: number }>(
    (rev) => `/events?after=${rev}`,
    2,
    {
      item: ({ rev }) => items.push(rev),
      resync: () => resyncs++,
      signedOut: () => signedOut++,
      state: (state) => states.push(state),
    },
    {
      random: () => 1,
      open: (url) => {
        const source = new Source(url)
        sources.push(source)
        return source as unknown as EventSource
      },
    },
  )
})

afterEach(() => {
  stop()
  expect(jest.getTimerCount()).toBe(0)
  jest.useRealTimers()
})

const last = () => sources.at(-1)!

describe('following', () => {
  it('begins behind what is known, and gives each item once', () => {
    expect(last().url).toBe('/events?after=2')
    for (const rev of [2, 3, 3, 4]) last().say('message', { rev })
    expect(items).toEqual([3, 4])
  })

  it('is off only after a while of silence, and live again at once', () => {
    last().say('live')
    last().say('lost')
    jest.advanceTimersByTime(2_000)
    expect(states).toEqual(['opening', 'live'])
    jest.advanceTimersByTime(1_000)
    last().say('live')
    expect(states).toEqual(['opening', 'live', 'off', 'live'])
  })

  it('leaves it to the browser to come back after a broken connection', () => {
    last().break(0)
    jest.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
    expect(resyncs).toBe(0)
  })

  it('begins anew where the browser gives up, from the last number, later each time', () => {
    last().say('message', { rev: 5 })
    last().break(2)
    expect(resyncs).toBe(1)
    jest.advanceTimersByTime(1_000)
    expect(sources.map(({ url }) => url)).toEqual(['/events?after=2', '/events?after=5'])
    last().break(2)
    jest.advanceTimersByTime(1_999)
    expect(sources).toHaveLength(2)
    jest.advanceTimersByTime(1)
    expect(sources).toHaveLength(3)
  })

  it('reads anew at a resync, and goes on', () => {
    last().say('resync')
    last().say('message', { rev: 9 })
    expect([resyncs, items]).toEqual([1, [9]])
  })

  it.each([
    ['end', 'over', 0],
    ['session-ended', 'live', 1],
  ])('stops at %s', (event, state, out) => {
    last().say('live')
    last().say(event)
    jest.advanceTimersByTime(60_000)
    expect([states.at(-1), signedOut, sources.length, last().readyState]).toEqual([state, out, 1, 2])
  })

  it('tries again after a problem', () => {
    last().say('problem', { status: 502 })
    jest.advanceTimersByTime(1_000)
    expect(sources).toHaveLength(2)
  })
})
