import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { events, type Format, lines } from './format.ts'
import { Outlet } from './outlet.ts'

let server: Server

beforeEach(async () => {
  server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function openOutlet(format: Format): Promise<{ outlet: Outlet; answer: IncomingMessage }> {
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const answered = once(get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }), 'response')
  const [, res] = await asked
  const outlet = new Outlet(
    res,
    format,
    () => undefined,
    () => 0,
  )
  outlet.begin()
  return { outlet, answer: ((await answered) as [IncomingMessage])[0].setEncoding('utf8') }
}

/** So many characters, in however many pieces they come. */
async function textOf(answer: IncomingMessage, { length }: string): Promise<string> {
  let text = ''
  while (text.length < length) text += ((await once(answer, 'data')) as [string])[0]
  return text
}

describe('E-01: silence', () => {
  it.each([
    ['events', events, ':\n\n'],
    ['lines', lines, '\n'],
  ])('of more than ten seconds is broken by %s that mean nothing', async (_, format, beat) => {
    const { outlet, answer } = await openOutlet(format)
    outlet.tick(performance.now() + 9_000)
    void outlet.send({ id: 1 })
    const sent = performance.now()
    const first = format.begin(1_000) + format.item({ id: 1 })
    expect(await textOf(answer, first)).toBe(first)
    outlet.tick(sent + 9_000)
    outlet.tick(sent + 10_000)
    outlet.tick(sent + 19_000)
    expect(await textOf(answer, beat)).toBe(beat)
    outlet.end()
    expect(await textOf(answer, format.end)).toBe(format.end)
  })
})
