import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { callOf } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import type { Call } from '../call.ts'
import { Fault, type FaultKind } from '../fault.ts'
import { isUnsent } from './unsent.ts'

const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' })
const unreachable = Object.assign(new Error('read'), { code: 'EHOSTUNREACH', syscall: 'read' })
const timeout = Object.assign(new Error('slow'), { code: 'UND_ERR_CONNECT_TIMEOUT' })
const ended = new Scope()
ended.end('gone')

describe('what was not sent', () => {
  it.each<[string, FaultKind, unknown, Partial<Call>, boolean]>([
    ['a refused connection', 'refused', refused, {}, true],
    ['a refused POST', 'refused', refused, { method: 'POST', body: '{}' }, true],
    ['several refused at once', 'refused', new AggregateError([refused, refused]), {}, true],
    ['a connection that took too long', 'timeout', timeout, {}, true],
    ['a host lost in the midst of a call', 'refused', unreachable, {}, false],
    ['one of several that was connected', 'refused', new AggregateError([refused, unreachable]), {}, false],
    ['a reset', 'reset', new Error('ECONNRESET'), {}, false],
    ['a refused upload', 'refused', refused, { method: 'PUT', body: Readable.from([]) }, false],
    ['what nobody waits for', 'refused', refused, { scope: ended }, false],
  ])('U-01: %s', (_, kind, cause, call, unsent) => {
    expect(isUnsent(new Fault(kind, 'orders', cause), callOf(call))).toBe(unsent)
  })
})
