import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { connect, startBff } from './app.ts'

describe('what is said of a socket is what it does:', () => {
  it('so many of one client', async () => {
    await using bff = await startBff({ spec: { caps: { client: 3 } } })
    const { client } = (await bff.plan()).lasting.bounds
    for (let i = 0; i < client; i++) await connect(bff.url)
    const headers = { authorization: 'Bearer ada' }
    const more = new WebSocket(`${bff.url.replace('http', 'ws')}/live`, ['test.live.v1'], { headers })
    const [, answer] = (await once(more, 'unexpected-response')) as [unknown, { statusCode: number }]
    expect(answer.statusCode).toBe(429)
    more.on('error', () => undefined).terminate()
    expect(bff.open()).toBe(client)
  })

  it('so many topics', async () => {
    await using bff = await startBff({ spec: { most: 5 } })
    const { topics = 0 } = (await bff.plan()).lasting.bounds
    const client = await connect(bff.url)
    for (let i = 0; i <= topics; i++) client.say({ type: 'subscribe', topic: `things/${i}`, after: 0 })
    expect(await client.next('problem')).toMatchObject({ topic: `things/${topics}`, problem: { status: 429 } })
  })

  it('so many bytes of a message', async () => {
    await using bff = await startBff()
    const { message = 0 } = (await bff.plan()).lasting.bounds
    const client = await connect(bff.url)
    const ping = (bytes: number) => JSON.stringify({ type: 'ping' }).padEnd(bytes)
    client.say(ping(message))
    expect(await client.next()).toEqual({ type: 'pong' })
    client.say(ping(message + 1))
    expect(await client.closed).toMatch(/^1009 /)
  })

  it('so many messages at once', async () => {
    await using bff = await startBff()
    const { bounds } = (await bff.plan()).lasting
    const [patient, hasty] = [await connect(bff.url), await connect(bff.url)]
    const { burst = 0 } = bounds.pace ?? {}
    for (let i = 0; i < burst; i++) patient.say({ type: 'ping' })
    for (let i = 0; i < burst; i++) expect(await patient.next()).toEqual({ type: 'pong' })
    for (let i = 0; i < 2 * burst; i++) hasty.say({ type: 'ping' })
    expect(await hasty.closed).toBe('1008 too-many-messages')
  })

  it('its own rhythm', async () => {
    await using bff = await startBff({ spec: { rhythm: { ping: 500, idle: 2_500 } } })
    const { lasting } = await bff.plan()
    expect(lasting.bounds).toMatchObject({ heartbeat: 500, idle: 2_500 })
    const client = await connect(bff.url)
    await once(client.socket, 'ping')
    expect(await client.closed).toBe('4408 idle')
    expect(lasting.ends).toContain('it follows nothing and sends nothing: 4408')
  })

  it('the topics there are, and who feeds them', async () => {
    await using bff = await startBff()
    const { topics } = await bff.plan()
    expect(Object.keys(topics)).toEqual(['things/:id'])
    expect(topics['things/:id']?.calls).toMatchObject([{ upstream: 'things', key: 'GET /things/:id', token: 'user' }])
    const client = await connect(bff.url)
    for (const topic of ['things/a/b', 'things/', 'things', 'other/a', 'things/a b', 'things/..'])
      client.say({ type: 'subscribe', topic, after: 0 })
    for (let i = 0; i < 6; i++) expect(await client.next()).toMatchObject({ problem: { code: 'topic-unknown' } })
    client.say({ type: 'subscribe', topic: 'things/a_B-1', after: 0 })
    expect(await client.take(1)).toEqual(['live 0'])
  })
})
