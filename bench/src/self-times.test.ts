import { describe, expect, it } from '@jest/globals'
import { byOwner, selfTimes } from './self-times.ts'

const node = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url, lineNumber: 9 } })

const profile = {
  startTime: 1_000,
  nodes: [
    node(1, 'emit', 'node:events'),
    node(2, 'dispatch', 'file:///x/node_modules/a/node_modules/@s/b/lib/c.js'),
    node(3, 'send', 'file:///x/packages/gateway-core/src/road/road.ts'),
    node(4, '(idle)'),
    node(5, '(garbage collector)'),
  ],
  // Taken at 1 010, 1 030, 1 060, 1 100, 1 150 and 1 210; each sample lasts until the next.
  samples: [1, 2, 3, 4, 1, 5],
  timeDeltas: [10, 20, 30, 40, 50, 60],
}

describe('self times', () => {
  it('are summed per function, most first, without waiting', () => {
    expect(selfTimes(profile, 0, 9_999)).toEqual([
      { name: 'emit', owner: 'node', place: 'events:10', self: 80 },
      { name: 'send', owner: 'gateway-core', place: 'road/road.ts:10', self: 40 },
      { name: 'dispatch', owner: '@s/b', place: 'lib/c.js:10', self: 30 },
      { name: '(garbage collector)', owner: 'native', place: '', self: 0 },
    ])
  })

  it('leave out what was sampled before or after the load', () => {
    expect(selfTimes(profile, 1_030, 1_060).map(({ name }) => name)).toEqual(['send', 'dispatch'])
  })

  it('are summed per package', () => {
    const times = [
      { name: 'a', owner: 'node', place: '', self: 1 },
      { name: 'b', owner: 'undici', place: '', self: 2 },
      { name: 'c', owner: 'node', place: '', self: 4 },
    ]
    expect(byOwner(times)).toEqual([
      ['node', 5],
      ['undici', 2],
    ])
  })
})
