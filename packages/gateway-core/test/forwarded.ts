import type { IncomingMessage, ServerResponse } from 'node:http'
import { revocations } from '../src/auth/revocation/revocations.ts'
import type { Caps, Exchange } from '../src/exchange.ts'
import { gateway, serve } from '../src/index.ts'
import type { Policy } from '../src/policy.ts'
import { memoryStore } from '../src/state/memory.ts'
import { signedInAs, upstream } from '../src/testing.ts'
import { silent } from './exchange.ts'

const served = { name: 'test', port: 0, hostname: '127.0.0.1', portVariable: 'PORT', log: silent }

export interface Given {
  readonly policy?: Policy
  /** Milliseconds that an ordinary exchange may take. */
  readonly budget?: number
  readonly expiresIn?: number
  readonly reconnectWithin?: number
  /** Of event streams. */
  readonly caps?: Partial<Caps>
}

/** An app with one forward, `/s/*`, that takes upgrades as well. Whoever comes is signed in: as `x-who` says, or as ada. */
export async function before(
  address: string,
  { policy = {}, budget = 2_000, expiresIn = 60_000, reconnectWithin, caps = {} }: Given = {},
) {
  const { forward, app } = gateway({}, { service: {} }, { service: policy }, { budget })
  const store = memoryStore()
  const revoked = revocations({ store, log: silent, every: 50 })
  const guard = (exchange: Exchange) => exchange.authenticate()
  const bff = app([forward('/s', 'service', { guard, methods: ['GET', 'POST'], caps, upgrade: { origins: 'any' } })], {
    upstreams: { service: address },
    log: silent,
    store,
    revocations: revoked,
    authenticate: async ({ headers }) =>
      signedInAs(String(headers['x-who'] ?? 'ada'), { expiresAt: Date.now() + expiresIn }),
    reconnectWithin,
  })
  const { handler, door } = bff
  const listening = await serve({ ...served, handler, upgrade: door.take, drain: door.drain, release: bff })
  return { ...listening, door, revoked, metrics: async () => (await fetch(`${listening.url}/metrics`)).text() }
}

const type = { 'content-type': 'text/event-stream' }

/** A service of events: `script` is given each answer, its head out already. */
export const eventsOf = (script: (res: ServerResponse, req: IncomingMessage) => void) =>
  upstream((req, res) => {
    res.writeHead(200, type).flushHeaders()
    script(res, req)
  })

export async function reading(url: string, init: RequestInit = {}) {
  const answer = await fetch(url, init)
  const reader = answer.body!.getReader()
  const decoder = new TextDecoder()
  return {
    answer,
    next: async () => decoder.decode((await reader.read()).value),
    cancel: () => reader.cancel(),
    /** What is still to come, to its good end. */
    async rest() {
      let all = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return all
        all += decoder.decode(value)
      }
    },
  }
}
