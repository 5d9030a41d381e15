import { describe, expect, it } from '@jest/globals'
import { traceIdOf, traceOf, traceparent } from './trace.ts'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'
const valid = `00-${id}-${parent}-01`
const members = (count: number) => Array.from({ length: count }, (_, nth) => `k${nth}=v`).join(',')

describe('traceOf', () => {
  it.each([
    ['as it is', valid, true],
    ['not recorded', `00-${id}-${parent}-00`, false],
    ['with flags that are not ours to know', `00-${id}-${parent}-fe`, false],
    ['recorded, with flags that are not ours to know', `00-${id}-${parent}-ff`, true],
    ['of a later version', `01-${id}-${parent}-01`, true],
    ['of a later version with more to it', `cc-${id}-${parent}-01-what-the-future-says`, true],
  ])('X-10: continues a trace %s', (_, header, sampled) => {
    expect(traceOf({ traceparent: header, tracestate: 'a=1' })).toEqual({ id, sampled, state: 'a=1' })
  })

  it.each([
    ['nothing', undefined],
    ['empty', ''],
    ['the version that never will be', `ff-${id}-${parent}-01`],
    ['no trace', `00-${'0'.repeat(32)}-${parent}-01`],
    ['no parent', `00-${id}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${id.toUpperCase()}-${parent}-01`],
    ['capital flags', `00-${id}-${parent}-0A`],
    ['no hex digits', `00-${id.slice(1)}g-${parent}-01`],
    ['too short', `00-${id}-${parent}-1`],
    ['version 00 with more to it', `${valid}-more`],
    ['a later version with more, not set apart', `01-${id}-${parent}-01more`],
    ['two of them', `${valid}, ${valid}`],
    ['a space before it', ` ${valid}`],
    ['a line', `${valid}\n`],
    ['10 KB', valid.padEnd(10_240, '0')],
  ])('X-10: begins a new trace for %s', (_, header) => {
    const trace = traceOf({ ...(header === undefined ? {} : { traceparent: header }), tracestate: 'a=1' })
    expect(trace.id).toMatch(/^[0-9a-f]{32}$/)
    expect(trace.id).not.toBe(id)
    expect(trace).toMatchObject({ sampled: true, state: '' })
  })

  it.each([
    ['one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
    ['spaces between and empty members', 'a=1 , ,b=2', 'a=1,b=2'],
    ['a tenant', 'fw529a3039@dt=FfAAAP8', 'fw529a3039@dt=FfAAAP8'],
    ['32 members', members(32), members(32)],
    ['33 members', members(33), ''],
    ['512 bytes', `a=${'x'.repeat(250)},b=${'x'.repeat(257)}`, ''],
    ['513 bytes', `a=${'x'.repeat(254)},b=${'x'.repeat(254)}`, ''],
    ['a capital key', 'A=1', ''],
    ['no value', 'a=', ''],
    ['no key', '=1', ''],
    ['no equals sign', 'a', ''],
    ['two equals signs', 'a=1=2', ''],
    ['a control character', 'a=1\u001b[31m', ''],
    ['a good and a bad one', 'a=1,B=2', ''],
  ])('X-10: passes tracestate on, or none of it: %s', (_, header, state) => {
    expect(traceOf({ traceparent: valid, tracestate: header }).state).toBe(state)
  })

  it('X-10: restarts for strangers, whatever they say', () => {
    const trace = traceOf({ traceparent: `00-${id}-${parent}-00`, tracestate: 'a=1' }, 'restart')
    expect(trace.id).not.toBe(id)
    expect(trace).toMatchObject({ sampled: true, state: '' })
  })

  it('names every new trace anew', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => traceIdOf({}))).size).toBe(5_000)
  })
})

describe('traceparent', () => {
  it('is one that this would continue, with a parent of its own each time', () => {
    const all = new Set(Array.from({ length: 5_000 }, () => traceparent(id)))
    expect(all.size).toBe(5_000)
    for (const each of all) expect(each).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
    expect(traceOf({ traceparent: traceparent(id, false) })).toEqual({ id, sampled: false, state: '' })
  })
})
