import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { WebSocketServer } from 'ws'
import type { Followed } from '../src/contract.ts'
import type { Identity } from '../src/exchange.ts'
import { hub, type Hub, type HubOptions } from '../src/live/hub.ts'
import type { Policy } from '../src/policy.ts'
import { road, type Road } from '../src/road/road.ts'
import { Scope } from '../src/scope.ts'
import { signedInAs } from '../src/testing.ts'
import { eventually } from './door.ts'
import { exchangeOf, silent } from './exchange.ts'
import { type FeedService, feedService, things } from './feed.ts'

const key = 'GET /things/:id'

let service: FeedService
const open: (AsyncDisposable | Disposable)[] = []

beforeEach(async () => {
  service = await feedService((url) => !url.startsWith('/things/none'))
})

afterEach(async () => {
  for (const one of open.splice(0)) await (Symbol.dispose in one ? one[Symbol.dispose]() : one[Symbol.asyncDispose]())
  await service[Symbol.asyncDispose]()
})

function start(policy: Policy = {}, options: Partial<HubOptions> = {}, url = service.url): Hub {
  const way: Road = road(url, { token: 'user', ...policy }, { credential: ({ identity }) => identity!.user.id })
  const made = hub('things', things, way, { log: silent, random: () => 0.01, ...options })
  open.push(made, way)
  return made
}

const asking = (identity: Identity = signedInAs('ada')) => ({ exchange: exchangeOf({ identity }), scope: new Scope() })

const follow = (from: Hub, after?: number, who = asking(), id = 'a') =>
  from.follow(who, key, { id, ...(after === undefined ? {} : { after }) })

/** So many steps, short: `1`, `live 1`. */
async function take(steps: AsyncIterator<Followed<unknown>>, most: number): Promise<string[]> {
  const all: string[] = []
  while (all.length < most) {
    const { done, value } = await steps.next()
    if (done === true) return [...all, 'end']
    all.push(value.type === 'item' ? String(value.rev) : `${value.type} ${value.rev}`)
  }
  return all
}

describe('E-1: a feed', () => {
  it('tells what happened after what is known, then what happens', async () => {
    for (let i = 0; i < 3; i++) service.happen()
    const steps = follow(start(), 1)
    expect(await take(steps, 3)).toEqual(['2', '3', 'live 3'])
    service.happen()
    expect(await take(steps, 1)).toEqual(['4'])
  })

  it('has the newest item with `live`, also for who knows it', async () => {
    service.happen()
    expect((await follow(start(), 1).next()).value).toEqual({ type: 'live', rev: 1, item: { n: 1 } })
  })

  it('goes on where it was after connections that broke, and ones that were closed: we stop, you are too slow', async () => {
    const steps = follow(start())
    expect(await take(steps, 1)).toEqual(['live 0'])
    const told: string[] = []
    for (const code of [undefined, 1012, 1013]) {
      service.happen()
      service.cut(code)
      service.happen()
      told.push(...(await take(steps, 2)))
      await eventually(() => service.open.size === 1)
    }
    expect(told).toEqual(['1', '2', '3', '4', '5', '6'])
    expect(service.asked).toHaveLength(4)
  })

  it('says when its service cannot be heard, and when it can again', async () => {
    const steps = follow(start())
    await take(steps, 1)
    await service.stop()
    expect(await take(steps, 1)).toEqual(['lost 0'])
    service.happen()
    await service.start()
    expect(await take(steps, 2)).toEqual(['1', 'live 1'])
  })

  it('shows its service the token of its policy', async () => {
    await take(follow(start()), 1)
    expect(service.asked).toEqual([{ url: '/things/a?after=0', authorization: 'Bearer ada' }])
  })

  it('asks again from time to time whether it may', async () => {
    const steps = follow(start({ streamTimeout: 100 }))
    await take(steps, 1)
    await eventually(() => service.asked.length > 2)
    service.happen()
    expect(await take(steps, 1)).toEqual(['1'])
  })
})

describe('a feed that is refused', () => {
  it('is the problem that its contract declares', async () => {
    await expect(follow(start(), 0, asking(), 'none').next()).rejects.toMatchObject({
      status: 404,
      code: 'thing-not-found',
    })
  })

  it('is a fault when nobody answers in time', async () => {
    await service.stop()
    const made = start({ timeout: 200 })
    await expect(follow(made).next()).rejects.toMatchObject({ kind: 'refused' })
    expect(made.size).toBe(0)
    await service.start()
    expect(await take(follow(made), 1)).toEqual(['live 0'])
  })

  it('is a fault when what is said is none of its messages, whatever comes behind it', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(server, 'listening')
    open.push({ [Symbol.dispose]: () => server.close() })
    server.on('connection', (socket, { socket: wire }) => {
      // Both in one piece: what comes behind is there when the first of them fails.
      wire.cork()
      for (const text of ['{"rev":"one"}', '{"live":0}']) socket.send(text)
      wire.uncork()
    })
    const { port } = server.address() as AddressInfo
    const made = start({ timeout: 300 }, {}, `http://127.0.0.1:${port}`)
    await expect(follow(made).next()).rejects.toMatchObject({ kind: 'malformed' })
  })

  it('is a fault when there are too many', async () => {
    const made = start({}, { most: 1 })
    await take(follow(made), 1)
    expect(() => follow(made, 0, asking(), 'b')).toThrow(expect.objectContaining({ kind: 'full' }))
  })
})

describe('E-3: who knows less than what is kept', () => {
  it('is told to read anew, then what follows', async () => {
    for (let i = 0; i < 300; i++) service.happen()
    const made = start()
    const first = follow(made, 250)
    expect((await take(first, 51)).at(-1)).toBe('live 300')
    const second = follow(made, 20)
    expect(await take(second, 2)).toEqual(['resync 300', 'live 300'])
    service.happen()
    expect(await take(second, 1)).toEqual(['301'])
  })

  it('reads anew when another log took the place of the one it knows', async () => {
    for (let i = 0; i < 3; i++) service.happen()
    const steps = follow(start())
    await take(steps, 4)
    service.forget()
    service.happen()
    service.cut()
    expect(await take(steps, 1)).toEqual(['resync 1'])
    service.happen()
    expect(await take(steps, 1)).toEqual(['2'])
  })
})

describe('E-4: who reads too slowly', () => {
  it('holds back nobody, holds no memory, and is told to read anew', async () => {
    const made = start({ maxBytes: 100_000 })
    const [slow, quick] = [follow(made), follow(made)]
    await take(slow, 1)
    await take(quick, 1)
    for (let i = 1; i <= 20; i++) {
      service.happen(10_000)
      expect(await take(quick, 1)).toEqual([String(i)])
    }
    expect(await take(slow, 1)).toEqual(['resync 20'])
    service.happen()
    expect(await take(slow, 1)).toEqual(['21'])
  })
})

describe('connections', () => {
  it('are shared by those whom the service cannot tell apart, and by nobody else', async () => {
    const made = start()
    const ada = signedInAs('ada', { sessionId: 'one' })
    const all = [ada, ada, signedInAs('ada', { sessionId: 'two' }), signedInAs('eve')]
    for (const identity of all) await take(follow(made, 0, asking(identity)), 1)
    expect(service.asked.map(({ authorization }) => authorization)).toEqual(['Bearer ada', 'Bearer ada', 'Bearer eve'])
  })

  it('E-5: end when nobody follows any more, but not at once', async () => {
    const made = start({}, { linger: 300 })
    const who = asking()
    await take(follow(made, 0, who), 1)
    who.scope.end('left')
    expect(made.size).toBe(1)
    await take(follow(made), 1)
    expect(service.asked).toHaveLength(1)
  })

  it('E-5: are gone after that', async () => {
    const made = start({}, { linger: 10 })
    const who = asking()
    const steps = follow(made, 0, who)
    await take(steps, 1)
    const waiting = take(steps, 1)
    who.scope.end('left')
    expect(await waiting).toEqual(['end'])
    await eventually(() => made.size === 0 && service.open.size === 0)
  })
})
