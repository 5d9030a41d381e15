import { describe, expect, it } from '@jest/globals'
import { gateway } from '../src/index.ts'
import { memoryStore } from '../src/state.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'

/** An app over a store that can be reached or not, and what it says of itself. */
async function setUp(storeRequired?: boolean) {
  const state = { up: true }
  const bff = gateway({}, {}, {}).app([], {
    upstreams: {},
    authenticate: () => Promise.reject(new Error('nobody')),
    store: { ...memoryStore(), ready: () => state.up },
    storeRequired,
    log: silent,
  })
  const running = await listen(bff)
  const text = async (path: string) => {
    const answer = await fetch(running.url + path)
    return [answer.status, await answer.text()] as const
  }
  return {
    state,
    readiness: () => text('/readyz'),
    liveness: () => text('/livez'),
    up: async () => /^store_up (\d)$/m.exec((await text('/metrics'))[1])?.[1],
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

describe('an app whose store cannot be reached', () => {
  it('X-12: stays ready, for its routes that need none, and says what is missing', async () => {
    await using app = await setUp()
    expect([await app.readiness(), await app.up()]).toEqual([[200, 'ready\n'], '1'])
    app.state.up = false
    expect([await app.readiness(), await app.up()]).toEqual([[200, 'ready: the store cannot be reached\n'], '0'])
    app.state.up = true
    expect([await app.readiness(), await app.up()]).toEqual([[200, 'ready\n'], '1'])
  })

  it('X-12: is not ready where the app says that nothing goes without, and stays alive', async () => {
    await using app = await setUp(true)
    expect(await app.readiness()).toEqual([200, 'ready\n'])
    app.state.up = false
    expect(await app.readiness()).toEqual([503, 'not ready: the store cannot be reached\n'])
    expect(await app.liveness()).toEqual([200, 'live\n'])
  })
})
