import { describe, expect, it } from '@jest/globals'
import { compared, faultsOf, nothing, type Report } from '../src/restart/report.ts'
import { idleClients, replaced, restart } from '../src/soak/page.ts'

const answers = { asked: 2, answered: 2, lost: [], repeats: 0 }
const followed = { asked: 2, resumed: 2, lost: 0, cut: 0, gaps: 0, repeats: 0 }
const good: Report = { requests: answers, writes: answers, streams: followed, sockets: followed, exits: [0, 0] }

describe('what was heard of what happened', () => {
  const heard = (revs: number[], more: object = {}) => ({ ...nothing(), live: true, away: 1, revs, ...more })

  it.each([
    ['all of it', heard([1, 2, 3]), {}],
    ['all of it without a break: nobody came back', heard([1, 2, 3], { away: 0 }), { resumed: 0 }],
    ['all of it, over a connection that was cut', heard([1, 2, 3], { away: 0, cut: 1 }), { cut: 1 }],
    ['one again', heard([1, 2, 2, 3]), { repeats: 1 }],
    ['one never', heard([1, 3]), { gaps: 1 }],
    ['not the last', heard([1, 2]), { resumed: 0, lost: 1, gaps: 1 }],
    ['all, and then the connection ended', heard([1, 2, 3], { live: false }), { resumed: 0, lost: 1 }],
  ])('%s', (_, one, expected) => {
    expect(compared([one], 3)).toEqual({ ...followed, asked: 1, resumed: 1, ...expected })
  })
})

describe('a soak', () => {
  it('finds no fault with a restart that lost nothing', () => {
    expect(faultsOf(good)).toEqual([])
  })

  it.each<[string, Partial<Report>]>([
    ['1 requests lost (504)', { requests: { ...answers, answered: 1, lost: ['504'] } }],
    ['1 writes sent again', { writes: { ...answers, repeats: 1 } }],
    ['1 streams not resumed', { streams: { ...followed, resumed: 1 } }],
    ['1 sockets cut without a word', { sockets: { ...followed, cut: 1 } }],
    ['1 events missing in streams', { streams: { ...followed, gaps: 1 } }],
    ['1 events told again in sockets', { sockets: { ...followed, repeats: 1 } }],
    ['1 processes that did not exit with 0', { exits: [0, null] }],
  ])('fails of %s', (fault, more) => {
    expect(faultsOf({ ...good, ...more })).toEqual([fault])
  })

  it('puts each section in the place of the one before, and a new one before how it was measured', () => {
    const [mib, kib] = [1_048_576, 1_024]
    const weighs = { what: 'a client', clients: 2, upstream: 1, before: mib, halfway: mib, after: mib + 20 * kib }
    const idle = idleClients([weighs, { ...weighs, after: mib + 20 * kib + 103 }])
    expect(idle).toMatch(/\| 20\.0 KiB \| ≤ 20 KiB met \|\n.*\| 20\.1 KiB \| ≤ 20 KiB \*\*missed\*\* \|\n$/)
    const page = '# Benchmarks\n\n## Idle clients\n\nof last year\n\n## How\n\nso\n'
    const once = replaced(replaced(page, idle), restart(good))
    expect([...once.matchAll(/^## .*$/gm)].map(String)).toEqual(['## Idle clients', '## Rolling restart', '## How'])
    expect(once).not.toContain('last year')
    expect(replaced(replaced(once, idle), restart(good))).toBe(once)
  })
})
