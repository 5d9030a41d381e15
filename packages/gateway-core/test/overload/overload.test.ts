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

describe('X-06: a process without descriptors', () => {
  it('goes on with whom it has, answers 503 where it needs one, does not crash, and recovers', async () => {
    await using running = await program(128)
    const { url } = running
    const port = Number(new URL(url).port)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = async (path: string): Promise<[number | undefined, string]> => {
      const [answer] = (await once(get(`${url}${path}`, { agent }), 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of answer) text += String(chunk)
      return [answer.statusCode, text]
    }
    expect(await ask('/livez')).toEqual([200, 'live\n'])
    const crowd: Socket[] = []
    for (let nth = 0; nth < 200; nth++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      await once(socket, 'connect')
      crowd.push(socket)
    }
    await pause(300)
    // Its own connection is there already; one to the service would be new.
    expect(await ask('/livez')).toEqual([200, 'live\n'])
    const [status, text] = await ask('/s/a')
    expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([503, 'upstream-unavailable'])
    for (const socket of crowd) socket.destroy()
    await until(async () => (await fetch(`${url}/livez`).catch(() => undefined))?.status === 200)
    await until(async () => (await ask('/s/a'))[0] === 200)
    agent.destroy()
    expect(await running.stop()).toBe(0)
  })
})
