import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Body } from '../road/body.ts'
import { passOn } from './pass-on.ts'

let server: Server

beforeEach(async () => {
  server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** An answer of events without end to a client that has asked and reads nothing yet. */
async function flood(patience: number) {
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>
  const client: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  client.on('error', () => undefined)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [, res] = await asked
  const event = Buffer.from(`data: ${'x'.repeat(1_000)}\n\n`)
  const source = { sent: 0, paused: false, aborted: false }
  const body = new Body({
    pause: () => (source.paused = true),
    resume: () => (source.paused = false),
    abort: () => (source.aborted = true),
  })
  const pour = setInterval(() => {
    for (let nth = 0; nth < 1_000 && !source.paused && !body.over; nth++) {
      source.sent += event.length
      body.push(event)
    }
  }, 1)
  const start = performance.now()
  const passed = Promise.resolve(passOn(body, res, () => undefined, patience)).then(() => {
    clearInterval(pour)
    return performance.now() - start
  })
  return { res, client, source, passed }
}

/** Resolves once the source has waited for a moment: before, only the kernel was in the way. */
async function held(source: { readonly sent: number }): Promise<void> {
  for (let last = -1; source.sent !== last; await pause(60)) last = source.sent
}

describe('E-4: a client for whom too much waits', () => {
  it('makes its source wait, is cut after so many ms, and the source is told', async () => {
    const { res, source, passed } = await flood(600)
    await held(source)
    expect(source.paused).toBe(true)
    expect(res.writableLength).toBeLessThan(262_144 + 2_000)
    expect(await passed).toBeGreaterThan(590)
    expect([source.aborted, res.destroyed]).toEqual([true, true])
  })

  it('is not, when it has read it by then', async () => {
    const { client, source, passed } = await flood(1_000)
    for (let times = 0; times < 3; times++) {
      await held(source)
      await pause(400)
      client.resume()
      while (source.paused) await pause(1)
      client.pause()
    }
    expect(await passed).toBeGreaterThan(2_300)
  })
})

const idle = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/** What a client gets of these chunks, and what is left of them when it has all. */
async function pass(readOnce: boolean, chunks: readonly Buffer[]): Promise<{ got: Buffer; left: number[] }> {
  const body = new Body(idle, readOnce)
  server.on('request', (_, res: ServerResponse) => void passOn(body, res, () => undefined))
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  for (const chunk of chunks) body.push(chunk)
  body.finish()
  const got = Buffer.from(await answer.arrayBuffer())
  return { got, left: chunks.map(({ length }) => length) }
}

const chunks = () => Array.from({ length: 40 }, (_, i) => Buffer.alloc(65_536, i))

it('the memory of a chunk is given back once it is out, if nobody else has it', async () => {
  const { got, left } = await pass(true, chunks())
  expect(got.equals(Buffer.concat(chunks()))).toBe(true)
  expect(new Set(left)).toEqual(new Set([0]))
})

it('a chunk that others have is theirs', async () => {
  const { got, left } = await pass(false, chunks())
  expect(got.equals(Buffer.concat(chunks()))).toBe(true)
  expect(new Set(left)).toEqual(new Set([65_536]))
})

it('a chunk that is a part of something is left alone, and so is what it is a part of', async () => {
  const something = Buffer.alloc(262_144, 7)
  const parts = [something.subarray(0, 65_536), something.subarray(65_536, 196_608)]
  const { got, left } = await pass(true, parts)
  expect(got.equals(something.subarray(0, 196_608))).toBe(true)
  expect(left).toEqual([65_536, 131_072])
  expect(something.length).toBe(262_144)
})
