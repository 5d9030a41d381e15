import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, seeded, stopTime, underWay } from '../../../test/call.ts'
import { exchangeOf } from '../../../test/exchange.ts'
import { complete, type Policy } from '../../policy.ts'
import { Scope } from '../../scope.ts'
import type { Call, Reply, Service } from '../call.ts'
import type { Address } from '../discover/address.ts'
import { parseAddresses } from '../discover/addresses.ts'
import { type Resolver, resolver } from '../discover/resolver.ts'
import { Fault } from '../fault.ts'
import { balancer } from './balancer.ts'
import type { Ask } from './probe.ts'

type Answer = (call: Call) => Reply | Fault | Promise<Reply>

interface Setting {
  readonly policy?: Policy
  readonly answers?: Record<string, Answer>
  readonly ask?: Ask
}

/** A resolver whose addresses a test changes. */
function moving(text: string) {
  let listener = () => {}
  const first = Promise.withResolvers<void>()
  const addressesOf = (list: string): Address[] =>
    list === '' ? [] : parseAddresses(list).map(({ url, weight, arm }) => ({ url, weight, arm }))
  let addresses = addressesOf(text)
  const source: Resolver = {
    get addresses() {
      return addresses
    },
    arms: new Set(['main', 'canary', 'shadow']),
    fixed: false,
    ready: () => first.promise,
    onChange: (given) => {
      listener = given
      return () => (listener = () => {})
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const move = (list: string) => {
    addresses = addressesOf(list)
    listener()
    first.resolve()
  }
  return { source, move, first }
}

function setUp(source: Resolver | string, { policy = {}, answers = {}, ask }: Setting = {}) {
  const time = { now: 0 }
  const asked: string[] = []
  const closed: string[] = []
  const changes: string[] = []
  const found = typeof source === 'string' ? resolver(parseAddresses(source)) : source
  const road = balancer(found, complete(policy), {
    open: ({ url }) => ({
      async send(call) {
        asked.push(url)
        const answer = await (answers[url] ?? (() => replyOf()))(call)
        if (answer instanceof Fault) throw answer
        return answer
      },
      [Symbol.asyncDispose]: () => Promise.resolve(void closed.push(url)),
    }),
    ask,
    changed: ({ address, state }) => changes.push(`${address.url} ${state}`),
    now: () => time.now,
    random: seeded(7),
  })
  const send = async (times: number, service: Service = road.send, call: Partial<Call> = {}) => {
    const before = asked.length
    for (let nth = 0; nth < times; nth++) await service(callOf(call)).catch(() => undefined)
    return asked.slice(before)
  }
  const count = (urls: readonly string[], url: string) => urls.filter((one) => one === url).length
  return { road, send, asked, closed, changes, time, count, instance: (at: number) => road.instances[at]! }
}

const three = 'http://a, http://b, http://c'
const bad = () => replyOf(503)
const unconnected = () =>
  new Fault('refused', 'orders', Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' }))

describe('balancer', () => {
  it('U-01: one address needs no choice, is never ejected, and is counted', async () => {
    const { body } = underWay()
    const { send, changes, instance } = setUp('http://a', { answers: { 'http://a': () => replyOf(503, {}, body) } })
    expect(await send(20)).toHaveLength(20)
    expect(instance(0).inFlight).toBe(20)
    body.finish()
    expect([instance(0).inFlight, changes]).toEqual([0, []])
  })

  it.each<[string, () => Answer]>([
    ['rejects', () => () => faultOf('reset')],
    ['is whole', () => () => replyOf()],
    [
      'is thrown away',
      () => () => {
        const { body } = underWay()
        setImmediate(() => body.destroy())
        return replyOf(200, {}, body)
      },
    ],
  ])('G13: a call is no longer under way when it %s', async (_, answer) => {
    const { road, send } = setUp('http://a,http://b', { answers: { 'http://a': answer(), 'http://b': answer() } })
    await send(9)
    await new Promise((resolve) => setImmediate(resolve))
    expect(road.instances.map(({ inFlight }) => inFlight)).toEqual([0, 0])
  })

  it('U-04: prefers whom the call has not tried, and says whom it asks', async () => {
    const { road, asked } = setUp(three, { answers: { 'http://a': bad, 'http://b': bad, 'http://c': bad } })
    const tried = new Set<unknown>()
    for (let nth = 0; nth < 3; nth++) await road.send(callOf({ tried }))
    expect(new Set(asked).size).toBe(3)
    expect(tried).toEqual(new Set(road.instances))
    expect(await outcomeOf(road.send(callOf({ tried })))).toBe(503)
  })

  it('U-01: what got no connection goes elsewhere at once, even a POST; what did goes nowhere', async () => {
    const { road, send, count } = setUp(three, { answers: { 'http://a': unconnected, 'http://b': unconnected } })
    for (let nth = 0; nth < 20; nth++)
      expect(await outcomeOf(road.send(callOf({ method: 'POST', body: '{}' })))).toBe(200)
    const reset = setUp(three, { answers: { 'http://a': () => faultOf('reset') } })
    const asked = await reset.send(20)
    expect(asked).toHaveLength(20)
    expect(count(await send(1), 'http://c')).toBe(1)
  })

  it('U-01: asks three addresses at most, and says what the last one said', async () => {
    const list = ['a', 'b', 'c', 'd', 'e'].map((name) => `http://${name}`)
    const { road, asked } = setUp(list.join(), { answers: Object.fromEntries(list.map((url) => [url, unconnected])) })
    expect(await outcomeOf(road.send(callOf()))).toBe('refused')
    expect([asked.length, new Set(asked).size]).toEqual([3, 3])
  })
})

const outcomeOf = (reply: Promise<Reply>) =>
  reply.then(
    ({ status }) => status,
    (error: unknown) => (error instanceof Fault ? error.kind : String(error)),
  )

describe('ejection', () => {
  const answers: Record<string, Answer> = { 'http://a': bad }
  const policy = { outlier: { failures: 3, ejection: 1_000 } }

  it('G13: leaves out who fails, tries it again, and says so', async () => {
    const { send, count, changes, time } = setUp(three, { policy, answers: { ...answers } })
    expect(count(await send(100), 'http://a')).toBe(3)
    time.now = 1_000
    expect(count(await send(100), 'http://a')).toBe(1)
    expect(changes).toEqual(['http://a ejected'])
  })

  it('G14: lets in who is well again', async () => {
    const given = { ...answers }
    const { send, count, changes, time } = setUp(three, { policy, answers: given })
    await send(100)
    given['http://a'] = () => replyOf()
    time.now = 1_000
    expect(count(await send(300), 'http://a')).toBeGreaterThan(50)
    expect(changes).toEqual(['http://a ejected', 'http://a well'])
  })

  it.each([
    ['two of three', 0.5, ['a', 'b'], true],
    ['one of three', 0.5, ['a'], false],
    ['two of four: not more than half', 0.5, ['a', 'b'], false, 'http://d'],
    ['all, even if any share may be out', 1, ['a', 'b', 'c'], true],
  ])('G13: panic with %s out', async (_, panic, failing, all, more = '') => {
    const { send, time, count } = setUp(three + (more && `,${more}`), {
      policy: { outlier: { failures: 3, ejection: 100_000, panic } },
      answers: Object.fromEntries(failing.map((name) => [`http://${name}`, bad])),
    })
    await send(200)
    time.now = 1
    expect(count(await send(100), 'http://a') > 0).toBe(all)
  })

  it('G13: none is ejected when the policy says so', async () => {
    const { send, count } = setUp(three, { policy: { outlier: false }, answers: { ...answers } })
    expect(count(await send(300), 'http://a')).toBeGreaterThan(50)
  })
})

describe('arms', () => {
  const list = 'http://a, http://b, http://c;arm=canary, http://s;arm=shadow'
  const users = Array.from({ length: 400 }, (_, nth) => exchangeOf({ address: `user ${nth}` }))

  async function run(text: string, setting: Setting) {
    const { send, ...rest } = setUp(text, { ...setting, policy: { split: { canary: 0.25 }, ...setting.policy } })
    const urls: string[] = []
    for (const exchange of users) urls.push(...(await send(1, rest.road.send, { exchange })))
    return { ...rest, send, urls, share: rest.count(urls, 'http://c') }
  }

  it('G13: a user stays in one arm, and shadow gets nothing', async () => {
    const { urls, share, send, road, count } = await run(list, {})
    expect(Math.abs(share - 100)).toBeLessThan(35)
    expect(urls).not.toContain('http://s')
    const user = users[urls.indexOf('http://c')]!
    expect(count(await send(20, road.send, { exchange: user }), 'http://c')).toBe(20)
  })

  it('G13: without a split all goes to main', async () => {
    const { urls } = await run(list, { policy: { split: {} } })
    expect(new Set(urls)).toEqual(new Set(['http://a', 'http://b']))
  })

  it('G13: an arm without addresses falls back to main', async () => {
    const { urls } = await run('http://a, http://b', {})
    expect(new Set(urls)).toEqual(new Set(['http://a', 'http://b']))
  })

  it('G13: an arm of which nobody is well falls back to main, and main is spared its failures', async () => {
    const { share, changes } = await run(list, { answers: { 'http://c': bad } })
    expect(share).toBe(5)
    expect(changes).toEqual(['http://c ejected'])
  })

  it('G13: a second attempt goes to main when the whole arm was tried', async () => {
    const { road, urls, asked } = await run(list, {})
    const exchange = users[urls.indexOf('http://c')]!
    const tried = new Set<unknown>()
    await road.send(callOf({ exchange, tried }))
    await road.send(callOf({ exchange, tried }))
    expect(asked.at(-2)).toBe('http://c')
    expect(asked.at(-1)).not.toBe('http://c')
  })

  it('G13: one arm can be asked alone', async () => {
    const { road, send } = setUp(list)
    expect(await send(3, road.to('shadow'))).toEqual(['http://s', 'http://s', 'http://s'])
    expect(road.to('blue')).toBeUndefined()
  })
})

describe('probes', () => {
  beforeEach(() => void stopTime())
  afterEach(() => void jest.useRealTimers())

  it('G14: who fails them is left out until it answers them again', async () => {
    let well = false
    const ask: Ask = ({ url }) => Promise.resolve(url !== 'http://a' || well)
    const { road, send, count, changes } = setUp(three, { policy: { probe: {} }, ask })
    await pass(25_000)
    expect(count(await send(100), 'http://a')).toBe(0)
    well = true
    await pass(15_000)
    expect(count(await send(100), 'http://a')).toBeGreaterThan(10)
    expect(changes).toEqual(['http://a unwell', 'http://a well'])
    await road[Symbol.asyncDispose]()
    expect(jest.getTimerCount()).toBe(0)
  })
})

describe('addresses that come and go', () => {
  it('G14: who is gone gets no new call, and is closed after its last', async () => {
    const { source, move } = moving('http://a')
    const { body } = underWay()
    const { road, send, closed } = setUp(source, { answers: { 'http://a': () => replyOf(200, {}, body) } })
    await send(2)
    move('http://b')
    expect(await send(5)).toEqual(Array.from({ length: 5 }, () => 'http://b'))
    expect(closed).toEqual([])
    body.finish()
    expect(closed).toEqual(['http://a'])
    await road[Symbol.asyncDispose]()
    expect(closed).toEqual(['http://a', 'http://b'])
  })

  it('G14: who stays keeps its connections and what is known about it, with its new weight', () => {
    const { source, move } = moving('http://a, http://b')
    const { closed, instance } = setUp(source)
    const before = instance(0)
    move('http://b, http://a;weight=5')
    expect(instance(1)).toBe(before)
    expect([before.address.weight, closed]).toEqual([5, []])
  })

  it('G13: disposing closes those, too, that have calls under way', async () => {
    const { source, move } = moving('http://a')
    const { road, send, closed } = setUp(source, {
      answers: { 'http://a': () => replyOf(200, {}, underWay().body) },
    })
    await send(1)
    move('http://b')
    await road[Symbol.asyncDispose]()
    expect(closed.toSorted()).toEqual(['http://a', 'http://b'])
  })
})

describe('before an address is known', () => {
  beforeEach(() => void stopTime())
  afterEach(() => void jest.useRealTimers())

  it('U-20: a call waits for the first', async () => {
    const { source, move } = moving('')
    const reply = setUp(source).road.send(callOf())
    expect(await outcome(reply)).toBe('pending')
    move('http://a')
    expect(await outcome(reply)).toBe(200)
  })

  it('U-20: is refused when names lead nowhere', async () => {
    const { source, first } = moving('')
    const { road } = setUp(source)
    first.resolve()
    expect(await outcome(road.send(callOf()))).toBe('refused')
  })

  it.each([
    ['the deadline', faultOf('timeout'), 'refused'],
    ['the client', new Error('gone'), 'aborted'],
  ])('U-20: waits no longer than %s', async (_, reason, kind) => {
    const scope = new Scope()
    const reply = setUp(moving('').source).road.send(callOf({ scope }))
    expect(await outcome(reply)).toBe('pending')
    scope.end(reason)
    expect(await outcome(reply)).toBe(kind)
  })
})
