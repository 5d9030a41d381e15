import { describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { memoryStore } from '../src/state/memory.ts'
import { redisStore } from '../src/state/redis.ts'
import { hasRedis, redisServer } from '../src/testing-redis.ts'
import { silent } from './exchange.ts'
import { credentials, instance, services } from './instances.ts'
import { until } from './leaks.ts'
import { revocationSuite } from './revocation-suite.ts'

revocationSuite('the memory of one process', async () => {
  const store = memoryStore()
  return { connect: async () => store, [Symbol.asyncDispose]: async () => undefined }
})

if (hasRedis(process.env['CI'] === 'true'))
  revocationSuite('Redis', async () => {
    const stack = new AsyncDisposableStack()
    const { url } = stack.use(await redisServer())
    const connect = async () => stack.use(await redisStore({ url, prefix: 'test:', log: silent, timeout: 5_000 }))
    return { connect, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  })

describe('the end of a proof', () => {
  it('L-9: is the end of what it has opened, and not of a request that began in time', async () => {
    await using upstreams = await services()
    await using bff = await instance(memoryStore(), upstreams, { lifetime: 1_000, budget: 3_000 })
    const headers = credentials('someone', 's1', 't1')
    const stream = await fetch(`${bff.url}/live/events`, { headers })
    const socket = new WebSocket(`${bff.url}/ws/a`, { headers })
    socket.on('error', () => undefined)
    await once(socket, 'open')
    const closed = { stream: false, socket: false }
    socket.on('close', () => (closed.socket = true))
    const drained = stream.body!.pipeTo(new WritableStream()).catch(() => undefined)
    void drained.then(() => (closed.stream = true))
    const late = fetch(`${bff.url}/api/maybe/1`, { headers })
    expect((await late).status).toBe(200)
    await until(
      () => closed.stream && closed.socket,
      8_000,
      () => JSON.stringify(closed),
    )
  })
})
