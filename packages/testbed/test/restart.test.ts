import { describe, expect, it } from '@jest/globals'
import { faultsOf } from '../src/restart/report.ts'
import { rollingRestart } from '../src/restart/restart.ts'

describe('X-03: a rolling restart of two processes of each BFF behind a balancer', () => {
  it('loses none of 200 downloads and 100 orders, sends none twice; 100 streams and 50 sockets miss nothing', async () => {
    const seen = await rollingRestart({ requests: 200, writes: 100, streams: 100, sockets: 50 })
    expect(seen).toEqual({
      requests: { asked: 200, answered: 200, lost: [], repeats: 0 },
      writes: { asked: 100, answered: 100, lost: [], repeats: 0 },
      streams: { asked: 100, resumed: 100, lost: 0, cut: 0, gaps: 0, repeats: 0 },
      sockets: { asked: 50, resumed: 50, lost: 0, cut: 0, gaps: 0, repeats: 0 },
      exits: [0, 0, 0, 0],
    })
    expect(faultsOf(seen)).toEqual([])
  }, 120_000)
})

describe('X-04: a process that is killed', () => {
  it('takes along what is under way on it, visibly, and nothing else', async () => {
    const { requests, writes, streams, sockets } = await rollingRestart({
      requests: 40,
      writes: 20,
      streams: 10,
      sockets: 10,
      kill: true,
    })
    for (const { asked, answered, lost, repeats } of [requests, writes]) {
      expect(answered + lost.length).toBe(asked)
      expect([answered > 0, lost.length > 0, repeats]).toEqual([true, true, 0])
    }
    // Nobody was told to come back, and whoever was cut did.
    for (const { cut, resumed, lost, gaps, repeats } of [streams, sockets]) {
      expect(cut).toBeGreaterThan(0)
      expect([resumed, lost, gaps, repeats]).toEqual([cut, 0, 0, 0])
    }
  }, 120_000)
})
