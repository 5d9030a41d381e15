import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { type Running } from '../src/index.ts'
import { recorder } from './lines.ts'
import { boot } from './service.ts'

const whole = JSON.stringify({ text: 'the whole of it' })
const { log, lines } = recorder()
let calls = 0
let running: Running

beforeAll(async () => {
  running = await boot(
    (req, res) => {
      calls += 1
      if (req.url === '/empty') res.writeHead(204).end()
      else if (req.url === '/stream') res.write('first,', () => res.end('last'))
      else res.setHeader('content-type', 'application/json').end(whole)
    },
    { log, upgrade: (_req, socket: Duplex) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n') },
  )
})

afterAll(async () => {
  await running[Symbol.asyncDispose]()
})

beforeEach(() => {
  running.faults.clear()
  calls = 0
  lines.length = 0
})

/** Everything received on a separate connection, and how it ended. */
async function raw(request: string): Promise<{ text: string; reset: boolean }> {
  const socket = connect(running.port, '127.0.0.1')
  let text = ''
  let reset = false
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.on('error', (error: NodeJS.ErrnoException) => (reset = error.code === 'ECONNRESET'))
  socket.write(`${request}\r\nhost: test\r\nconnection: close\r\n\r\n`)
  await new Promise((resolve) => socket.once('close', resolve))
  return { text, reset }
}

const opened = async (request: string): Promise<Socket> => {
  const socket = connect(running.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`${request}\r\nhost: test\r\n\r\n`)
  return socket
}

const handshake = 'GET /live HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade'

describe('an answer under faults', () => {
  it('is late by the latency', async () => {
    running.faults.set([{ latency: 60 }])
    const start = performance.now()
    expect(await (await fetch(running.url)).text()).toBe(whole)
    expect(performance.now() - start).toBeGreaterThanOrEqual(59)
  })

  it('is a problem with the status, and the handler not asked', async () => {
    running.faults.set([{ errorRate: 1, status: 503 }])
    const answer = await fetch(`${running.url}/a`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ status: 503, code: 'injected-fault' })
    expect(calls).toBe(0)
    expect(lines).toMatchObject([
      { level: 40, method: 'GET', path: '/a', verdict: { status: 503 }, msg: 'fault injected' },
    ])
  })

  it('is a reset', async () => {
    running.faults.set([{ mode: 'reset' }])
    expect(await raw('GET / HTTP/1.1')).toEqual({ text: '', reset: true })
    expect(calls).toBe(0)
  })

  it('is announced whole and cut half way through', async () => {
    running.faults.set([{ mode: 'truncate' }])
    const { text } = await raw('GET / HTTP/1.1')
    const [head, body] = text.split('\r\n\r\n')
    expect(head).toContain('HTTP/1.1 200 OK')
    expect(head!.toLowerCase()).toContain('content-type: application/json')
    expect(head!.toLowerCase()).toContain(`content-length: ${whole.length}`)
    expect(body).toBe(whole.slice(0, whole.length / 2))
    await expect(fetch(running.url).then((answer) => answer.text())).rejects.toThrow('terminated')
  })

  it('is cut within its first piece when it comes in pieces, and at once when it is empty', async () => {
    running.faults.set([{ mode: 'truncate' }])
    const { text } = await raw('GET /stream HTTP/1.1')
    expect(text).toMatch(/\r\n3\r\nfir\r\n$/)
    expect((await raw('GET /empty HTTP/1.1')).text).not.toMatch(/\r\n\r\n./)
  })

  it('never comes', async () => {
    running.faults.set([{ route: 'GET /hang', mode: 'hang' }])
    const caller = new AbortController()
    const hanging = fetch(`${running.url}/hang`, { signal: caller.signal })
    expect(await (await fetch(`${running.url}/other`)).text()).toBe(whole)
    caller.abort()
    await expect(hanging).rejects.toThrow('aborted')
    expect(calls).toBe(1)
  })

  it('is not worked on when its caller left before it was due', async () => {
    running.faults.set([
      { route: 'GET /late', latency: 50 },
      { route: 'GET /after', latency: 150 },
    ])
    const caller = new AbortController()
    const late = fetch(`${running.url}/late`, { signal: caller.signal })
    const after = fetch(`${running.url}/after`)
    setTimeout(() => caller.abort(), 5)
    await expect(late).rejects.toThrow('aborted')
    await after
    expect(calls).toBe(1)
  })

  it('is as ever for health, and where the route is another', async () => {
    running.faults.set([{ mode: 'reset' }])
    expect((await fetch(`${running.url}/livez`)).status).toBe(200)
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
    running.faults.set([{ route: 'GET /things/:id', mode: 'reset' }])
    expect((await fetch(`${running.url}/things`)).status).toBe(200)
    await expect(fetch(`${running.url}/things/1?a=b`)).rejects.toThrow('fetch failed')
  })
})

describe('an upgrade under faults', () => {
  it('is late by the latency', async () => {
    running.faults.set([{ latency: 60 }])
    const start = performance.now()
    expect((await raw(handshake)).text).toContain('101 Switching Protocols')
    expect(performance.now() - start).toBeGreaterThanOrEqual(59)
  })

  it.each([{ mode: 'reset' }, { mode: 'truncate' }, { errorRate: 1 }] as const)('is a reset: %j', async (fault) => {
    running.faults.set([fault])
    expect(await raw(handshake)).toEqual({ text: '', reset: true })
  })

  it('never comes, and its end does no harm', async () => {
    running.faults.set([{ route: 'GET /live', mode: 'hang' }])
    const socket = await opened(handshake)
    expect((await fetch(running.url)).status).toBe(200)
    socket.resetAndDestroy()
    await once(socket, 'close')
    expect((await fetch(running.url)).status).toBe(200)
  })
})

describe('/__faults', () => {
  const send = async (method: string, body?: string) => {
    const answer = await fetch(`${running.url}/__faults`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    })
    return { status: answer.status, allow: answer.headers.get('allow'), body: await answer.json() }
  }
  const full = { route: '*', latency: 0, jitter: 0, errorRate: 0, status: 500 }

  it('takes one fault or several, shows them and forgets them', async () => {
    expect(await send('PUT', '{"route":"GET /","errorRate":1}')).toMatchObject({
      status: 200,
      body: [{ ...full, route: 'GET /', errorRate: 1 }],
    })
    expect((await fetch(running.url)).status).toBe(500)
    await send('PUT', '[{"mode":"hang"},{"latency":5}]')
    expect((await send('GET')).body).toEqual([
      { ...full, mode: 'hang' },
      { ...full, latency: 5 },
    ])
    expect(await send('DELETE')).toMatchObject({ status: 200, body: [] })
    expect((await fetch(running.url)).status).toBe(200)
  })

  it('works while everything else does not', async () => {
    running.faults.set([{ mode: 'hang' }])
    expect((await send('DELETE')).status).toBe(200)
  })

  it('says what it does not understand', async () => {
    expect(await send('PUT', '[{"latency":5},{"latency":-5,"mod":"hang"}]')).toMatchObject({
      status: 422,
      body: { code: 'validation', errors: [{ pointer: '/body/1/latency' }, { pointer: '/body/1' }] },
    })
    expect(await send('PUT', 'hang')).toMatchObject({ status: 400, body: { code: 'invalid-json' } })
    expect(await send('POST', '{}')).toMatchObject({ status: 405, allow: 'GET, PUT, DELETE' })
  })

  it('is not there, and does nothing, where faults are not allowed', async () => {
    await using safe = await boot((req, res) => res.writeHead(404).end(req.url), { faults: false })
    expect((await fetch(`${safe.url}/__faults`)).status).toBe(404)
    safe.faults.set([{ mode: 'hang' }])
    expect(await (await fetch(`${safe.url}/any`)).text()).toBe('/any')
  })
})
