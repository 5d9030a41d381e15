import { describe, expect, it } from '@jest/globals'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, ask, problemIn } from './ask.ts'
import { bothDoors, type DoorName, doors, type Given, pathOf, patient } from './both-doors.ts'
import { rawUpstream, wire } from './raw.ts'

const fine = '{"id":"a","name":"b"}'
const ok = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${fine.length}\r\n\r\n${fine}`

/** Milliseconds a busy machine may add to what a policy says. */
const slack = 1_500

type Script = (socket: Socket, head: string, nth: number) => void

/** A fresh gateway and a fresh upstream: what one door did must not be in the way of the other. */
async function setUp(script: Script, given: Given = {}) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await rawUpstream(script))
  const { timeout: connectTimeout } = { ...patient, ...given.policy }
  const bff = stack.use(
    await bothDoors(service.url, { ...given, policy: { ...patient, connectTimeout, ...given.policy } }),
  )
  return { service, bff, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The fields of a head, names in lower case as they stood in it. */
function fieldsOf(head: string): Map<string, string> {
  const [lines = ''] = head.split('\r\n\r\n', 1)
  const fields = lines.split('\r\n').slice(1)
  return new Map(
    fields.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

/** What a client sends that no service may see, or not as it was sent. */
const sent = [
  'authorization: me',
  'connection: close, x-listed, x-forwarded-for, x-deadline-ms, traceparent, authorization',
  'x-listed: 1',
  'cookie: __Host-Http-sid=secret',
  'x-forwarded-for: 6.6.6.6',
  'x-forwarded-host: evil.example',
  'x-forwarded-proto: gopher',
  'forwarded: for=6.6.6.6',
  'x-real-ip: 6.6.6.6',
  'x-original-url: /admin',
  'x-rewrite-url: /admin',
  'x-user-id: root',
  'x-auth-request-user: root',
  'x-internal-role: root',
  'x-deadline-ms: 999999',
  `traceparent: 00-${traceId}-00f067aa0ba902b7-01`,
  'tracestate: a=b',
  'baggage: a=b',
  'te: trailers',
  'keep-alive: timeout=99',
  'proxy-authorization: Basic eA==',
  'proxy-connection: keep-alive',
  'upgrade: h2c',
  'http2-settings: AAMAAABkAAQAAP__',
  'trailer: x-end',
  'origin: https://evil.example',
  'referer: https://evil.example/',
]

/** Sent to the two upstreams by both doors: what each may find there. `undefined`: nothing. */
const told: Readonly<Record<string, RegExp | undefined>> = {
  authorization: /^Bearer token-of-u1$/,
  'x-forwarded-for': /^127\.0\.0\.1$/,
  traceparent: new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-0[0-9a-f]$`),
  'x-deadline-ms': /^(?:[1-9]\d{0,2}|1\d{3}|2[0-4]\d{2}|2500)$/,
  host: /^127\.0\.0\.1:\d+$/,
  // undici's own, which says that the connection stays; nothing of the client's is left in it.
  connection: /^keep-alive$/,
  cookie: undefined,
  'x-listed': undefined,
  'x-forwarded-host': undefined,
  'x-forwarded-proto': undefined,
  forwarded: undefined,
  'x-real-ip': undefined,
  'x-original-url': undefined,
  'x-rewrite-url': undefined,
  'x-user-id': undefined,
  'x-auth-request-user': undefined,
  'x-internal-role': undefined,
  // Goes on with the trace it belongs to (W3C trace context §3.3).
  tracestate: /^a=b$/,
  baggage: undefined,
  te: undefined,
  'keep-alive': undefined,
  'proxy-authorization': undefined,
  'proxy-connection': undefined,
  upgrade: undefined,
  'http2-settings': undefined,
  trailer: undefined,
  origin: undefined,
  referer: undefined,
}

describe('what a service is told', () => {
  const byDoor = async (door: DoorName) => {
    await using t = await setUp((socket) => socket.write(ok), { policy: { token: 'user' }, guarded: true })
    await using line = await wire(t.bff.url)
    line.write(`GET ${pathOf(door, 'a')} HTTP/1.1\r\nhost: shop.example\r\n${sent.join('\r\n')}\r\n\r\n`)
    expect(await line.closed()).toMatch(/^HTTP\/1\.1 200 /)
    const [head] = t.service.heads
    return { first: head!.split('\r\n', 1)[0], fields: fieldsOf(head!) }
  }

  it('H-02, H-04, H-05, H-06, X-10, F6, F7: is the same by both doors, and nothing of it from the client', async () => {
    const [forward, screen] = await Promise.all(doors.map(byDoor))
    expect(forward!.first).toBe('GET /items/a HTTP/1.1')
    expect(screen!.first).toBe('GET /items/a HTTP/1.1')
    for (const { fields } of [forward!, screen!])
      for (const [name, shape] of Object.entries(told)) {
        if (shape === undefined) expect([name, fields.get(name)]).toEqual([name, undefined])
        else expect(`${name} ${fields.get(name)}`).toMatch(new RegExp(`^${name} ${shape.source.replace(/^\^/, '')}`))
      }
    // Nobody has a field that nobody thought of: what else there is, the door itself has said. A screen forwards nothing.
    const others = ({ fields }: { fields: Map<string, string> }) => [...fields.keys()].filter((name) => !(name in told))
    expect([others(forward!), others(screen!)]).toEqual([['via'], ['accept']])
  })

  it.each(doors)('a second attempt by the %s is told what is left', async (door) => {
    await using t = await setUp(
      (socket, _, nth) => (nth === 1 ? void setTimeout(() => socket.destroy(), 150) : void socket.write(ok)),
      { policy: { attempts: 2, timeout: 1_500 } },
    )
    expect((await ask(t.bff.url + pathOf(door, 'a'))).status).toBe(200)
    const [first, second] = t.service.heads.map((head) => Number(fieldsOf(head).get('x-deadline-ms')))
    expect(first).toBeLessThanOrEqual(1_500)
    expect(second).toBeLessThanOrEqual(first! - 145)
  })

  it.each(doors)('a token by the %s only where the policy says so', async (door) => {
    await using t = await setUp((socket) => socket.write(ok), { guarded: true })
    const answer = await ask(t.bff.url + pathOf(door, 'a'), { headers: { authorization: 'me' } })
    expect([answer.status, fieldsOf(t.service.heads[0]!).get('authorization')]).toEqual([200, undefined])
  })
})

interface Fault {
  readonly status: number
  readonly code: string
  /** Absent: the gateway's own doing. */
  readonly source?: 'items'
  readonly script?: Script
  readonly given?: Given
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly path?: (door: DoorName) => string
  /** How many requests the service may have seen. */
  readonly asked?: number
}

const failed = { status: 502, code: 'upstream-failed', source: 'items' } as const
const json = { 'content-type': 'application/json' }

const faults: Readonly<Record<string, Fault>> = {
  'U-04: reset': { ...failed, script: (socket) => socket.resetAndDestroy() },
  'U-04: reset, tried twice': {
    ...failed,
    script: (socket) => socket.resetAndDestroy(),
    given: { policy: { attempts: 2 } },
    asked: 2,
  },
  'U-04: reset of a write, tried once': {
    ...failed,
    script: (socket) => socket.resetAndDestroy(),
    given: { policy: { attempts: 2 } },
    method: 'POST',
    headers: json,
    body: fine,
    asked: 1,
  },
  'U-10: malformed': { ...failed, script: (socket) => void socket.end('garbage\r\n\r\n') },
  'U-13: a status that is none': { ...failed, script: (socket) => void socket.write(ok.replace('200', '777')) },
  'U-14: an unasked 101': { ...failed, script: (socket) => void socket.write('HTTP/1.1 101 Up\r\n\r\n') },
  'H-11: a redirect to elsewhere': {
    ...failed,
    script: (socket) => void socket.write('HTTP/1.1 302 No\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n'),
  },
  'U-02: timeout': {
    status: 504,
    code: 'upstream-timeout',
    source: 'items',
    script: () => undefined,
    given: { policy: { timeout: 250 } },
  },
  'U-07: timeout of an attempt': {
    status: 504,
    code: 'upstream-timeout',
    source: 'items',
    script: () => undefined,
    given: { policy: { timeout: 1_000, firstByteTimeout: 200 } },
  },
  'Z-03: too large a request': {
    status: 413,
    code: 'content-too-large',
    given: { policy: { maxRequestBytes: 102_400 } },
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ id: 'a', name: 'x'.repeat(102_400) }),
    asked: 0,
  },
  'nobody signed in': { status: 401, code: 'token-missing', given: { guarded: true }, asked: 0 },
  'S-17: a read with a body': { status: 400, code: 'unexpected-body', body: '{}', asked: 0 },
  'H-05: a name in disguise': {
    status: 400,
    code: 'malformed-header',
    headers: { x_forwarded_for: '6.6.6.6' },
    asked: 0,
  },
  'P-04: a path with two readings': {
    status: 400,
    code: 'invalid-path',
    path: (door) => pathOf(door, '..%2fa'),
    asked: 0,
  },
  'P-15: a method nobody takes': { status: 405, code: 'method-not-allowed', method: 'DELETE', asked: 0 },
}

describe('the same fault is the same problem by both doors', () => {
  const outcome = async (door: DoorName, fault: Fault) => {
    const { script = (socket) => void socket.write(ok), given = {}, method, headers, body, path = pathOf } = fault
    await using t = await setUp(script, given)
    const question = { ...(method && { method }), ...(headers && { headers }), ...(body && { body }) }
    const answer = await ask(t.bff.url + path(door, 'a'), question)
    return { answer, asked: t.service.heads.length }
  }
  const withoutTrace = ({ body }: Answer) => {
    const { traceId, ...rest } = JSON.parse(body.toString()) as { traceId: string }
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    return rest
  }
  const lasting = ['cache-control', 'content-type', 'retry-after', 'x-content-type-options', 'content-security-policy']

  it.each(Object.entries(faults))('%s', async (_, fault) => {
    const [forward, screen] = await Promise.all(doors.map((door) => outcome(door, fault)))
    const { status, code, source } = fault
    for (const { answer, asked } of [forward!, screen!]) {
      expect(problemIn(answer)).toEqual({ status, code, ...(source && { source }) })
      expect(answer.ms).toBeLessThan(patient.timeout)
      if (fault.asked !== undefined) expect(asked).toBe(fault.asked)
    }
    expect(withoutTrace(screen!.answer)).toEqual(withoutTrace(forward!.answer))
    for (const name of lasting)
      expect([name, screen!.answer.headers[name]]).toEqual([name, forward!.answer.headers[name]])
  })

  it('U-01: refused', async () => {
    const gone = await rawUpstream(() => undefined)
    await using bff = await bothDoors(gone.url)
    await gone[Symbol.asyncDispose]()
    const answers = await Promise.all(doors.map((door) => ask(bff.url + pathOf(door, 'a'))))
    expect(answers.map(problemIn)).toEqual([failed, failed])
    expect(withoutTrace(answers[0]!)).toEqual(withoutTrace(answers[1]!))
  })

  it('X-07: full', async () => {
    const outcomes = doors.map(async (door) => {
      await using t = await setUp(() => undefined, { policy: { bulkhead: { calls: 1, queue: 0 } } })
      const first = ask(t.bff.url + pathOf(door, 'a'))
      while (t.service.heads.length === 0) await pause(5)
      const second = ask(t.bff.url + pathOf(door, 'b'))
      // It does not wait for the first, nor for its own time to be over.
      expect(await Promise.race([first, second])).toBe(await second)
      expect((await first).status).toBe(504)
      expect(t.service.heads.length).toBe(1)
      return second
    })
    const [forward, screen] = await Promise.all(outcomes)
    expect(problemIn(forward!)).toEqual({ status: 503, code: 'upstream-unavailable', source: 'items' })
    expect(withoutTrace(screen!)).toEqual(withoutTrace(forward!))
    for (const { headers } of [forward!, screen!]) expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })

  // The one difference there is: whole files of errors belong to their service, a screen has no answer of its own to show.
  it('U-21: 503 passes through a forward, and fails a screen', async () => {
    const busy = 'HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nbusy'
    await using t = await setUp((socket) => void socket.write(busy))
    const forward = await ask(t.bff.url + pathOf('forward', 'a'))
    expect([forward.status, forward.headers['retry-after'], forward.body.toString()]).toEqual([503, '7', 'busy'])
    expect(problemIn(await ask(t.bff.url + pathOf('screen', 'a')))).toEqual(failed)
  })
})

describe('the same deadline holds by both doors', () => {
  it.each([
    ['of the policy', { policy: { timeout: 300 } }, 300],
    ['of one attempt', { policy: { timeout: 2_000, firstByteTimeout: 300 } }, 300],
    ['of the policy, however often it is tried', { policy: { timeout: 300, attempts: 5 } }, 300],
    ['of the exchange', { policy: { timeout: 300 }, budget: 300 }, 300],
  ])('U-02: that %s', async (_, given, ms) => {
    await using t = await setUp(() => undefined, given)
    const answers = await Promise.all(doors.map((door) => ask(t.bff.url + pathOf(door, 'a'))))
    for (const answer of answers) {
      expect(answer.status).toBe(504)
      expect(answer.ms).toBeGreaterThan(ms - 10)
      expect(answer.ms).toBeLessThan(ms + slack)
    }
  })
})

describe('what a client is told', () => {
  const secrets = [
    'set-cookie: a=b',
    'server: nginx/1.0',
    'x-powered-by: PHP',
    'via: 1.1 inner',
    'alt-svc: h3=":443"',
    'connection: keep-alive, x-listed',
    'keep-alive: timeout=99',
    'x-listed: 1',
    'x-internal-role: root',
    'x-user-id: root',
    'proxy-authenticate: Basic',
    'traceparent: 00-1-2-3',
  ]

  it('F7: is nothing of the service’s own affairs, by both doors', async () => {
    await using t = await setUp((socket) => void socket.write(ok.replace('\r\n', `\r\n${secrets.join('\r\n')}\r\n`)))
    const answers = await Promise.all(doors.map((door) => ask(t.bff.url + pathOf(door, 'a'))))
    const names = answers.map(({ headers }) => Object.keys(headers))
    const kept = secrets
      .map((line) => line.split(':', 1)[0]!)
      .filter((name) => name !== 'connection' && name !== 'keep-alive')
    for (const [nth, answer] of answers.entries()) {
      expect([answer.status, answer.body.toString()]).toEqual([200, fine])
      expect(names[nth]!.filter((name) => kept.includes(name))).toEqual([])
      expect(answer.headers['keep-alive'] ?? '').not.toContain('99')
      expect(answer.headers['connection']).not.toContain('x-listed')
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
  })
})
