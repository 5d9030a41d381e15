import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { wire } from '../raw.ts'

interface Line {
  readonly msg: string
  readonly url: string
  readonly [name: string]: unknown
}

/** The program beside this, in a process of its own; with at most so many descriptors. */
async function program(descriptors = 1_024) {
  const command = `ulimit -n ${descriptors}; exec "$0" "$1"`
  const child = spawn('sh', ['-c', command, process.execPath, join(import.meta.dirname, 'program.ts')], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const lines: Line[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(JSON.parse(line) as Line))
  const said = async (msg: string): Promise<Line> => {
    for (;;) {
      const found = lines.find((line) => line.msg === msg)
      if (found !== undefined) return found
      await once(output, 'line')
    }
  }
  const { url } = await said('ready')
  return {
    url,
    said,
    stop: () => {
      child.kill('SIGTERM')
      return exit
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
    },
  }
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await pause(20)
}

describe('X-05: a process whose event loop is blocked time after time', () => {
  it('refuses at once, stays alive and is not ready, and recovers', async () => {
    await using running = await program()
    const { url } = running
    await (await fetch(`${url}/s/a`)).text()
    await (await fetch(`${url}/block`)).text()
    let shed: Response | undefined
    await until(async () => {
      const answer = await fetch(`${url}/s/a`)
      if (answer.status === 503) shed = answer
      else await answer.text()
      return shed !== undefined
    })
    expect(shed!.headers.get('retry-after')).toBe('1')
    expect(await shed!.json()).toMatchObject({ code: 'overloaded', status: 503 })
    const ready = await fetch(`${url}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([503, 'not ready: overloaded\n'])
    for (const path of ['/livez', '/metrics']) expect([path, (await fetch(url + path)).status]).toEqual([path, 200])
    await using upgrade = await wire(url)
    upgrade.write('GET /s/a HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n')
    expect(await upgrade.closed(10_000)).toMatch(/^HTTP\/1\.1 503 [^]*"code":"overloaded"/)
    await running.said('overloaded')
    expect((await running.said('no longer overloaded'))['refused']).toBeGreaterThan(1)
    await until(async () => (await fetch(`${url}/readyz`)).status === 200)
    expect(await (await fetch(`${url}/s/a`)).text()).toBe('well')
    expect(await running.stop()).toBe(0)
  })
})

/** One that was there before the others came, on the connection that it has. */
function regular(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = async (path: string): Promise<[number | undefined, string]> => {
    const [answer] = (await once(get(`${url}${path}`, { agent }), 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of answer) text += String(chunk)
    return [answer.statusCode, text]
  }
  return {
    ask,
    /** The share of a processor that the server takes for a second in which it is asked nothing. */
    async load(): Promise<number> {
      const [since, before] = [performance.now(), Number((await ask('/spent'))[1])]
      await pause(1_000)
      return (Number((await ask('/spent'))[1]) - before) / (performance.now() - since)
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

/** So many who come, say nothing and stay for as long as they may. */
async function crowdAt(url: string, many: number): Promise<Disposable> {
  const crowd: Socket[] = []
  for (let nth = 0; nth < many; nth++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)
    await once(socket, 'connect')
    crowd.push(socket)
  }
  return { [Symbol.dispose]: () => crowd.forEach((socket) => socket.destroy()) }
}

const served = async (url: string) => (await fetch(url).catch(() => undefined))?.status === 200

describe('X-06: a process that may have 256 descriptors', () => {
  it('says at its start that these are few, and lets in as many as it can serve', async () => {
    await using running = await program(256)
    expect(await running.said('open files limit too low for this many connections: raise ulimit -n')).toMatchObject({
      openFiles: 256,
      connections: 96,
    })
  })

  it('goes on with whom it has, tells others that it is full, and has room when they leave', async () => {
    await using running = await program(256)
    const { url } = running
    using first = regular(url)
    expect(await first.ask('/readyz')).toEqual([200, 'ready\n'])
    const crowd = await crowdAt(url, 400)
    expect(await first.ask('/s/a')).toEqual([200, 'well'])
    expect(await first.ask('/readyz')).toEqual([503, 'not ready: full\n'])
    const refused = await fetch(`${url}/s/a`)
    expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close'])
    expect(await refused.json()).toMatchObject({ code: 'overloaded' })
    expect(await (await fetch(`${url}/readyz`)).text()).toBe('not ready: full\n')
    for (const path of ['/livez', '/metrics']) expect((await fetch(`${url}${path}`)).status).toBe(200)
    expect(await first.load()).toBeLessThan(0.5)
    expect(await running.said('no room for another connection')).toMatchObject({ connections: 96 })
    crowd[Symbol.dispose]()
    await until(() => served(`${url}/s/a`))
    expect((await running.said('room for connections again'))['turnedAway']).toBeGreaterThan(300)
    expect(await first.ask('/readyz')).toEqual([200, 'ready\n'])
    expect(await running.stop()).toBe(0)
  })

  it('and has none left, for whatever reason, neither ends nor spins, answers 503 where it needs one, and recovers', async () => {
    await using running = await program(256)
    const { url } = running
    using first = regular(url)
    await first.ask('/hoard')
    // One to the service would be new.
    const [status, text] = await first.ask('/s/a')
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([503, 'upstream-unavailable'])
    using crowd = await crowdAt(url, 50)
    expect(await served(`${url}/livez`)).toBe(false)
    expect(await first.load()).toBeLessThan(0.5)
    expect(await first.ask('/livez')).toEqual([200, 'live\n'])
    await first.ask('/release')
    await until(() => served(`${url}/s/a`))
    crowd[Symbol.dispose]()
    expect(await running.stop()).toBe(0)
  })
})
