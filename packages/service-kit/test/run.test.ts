import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'
import { boot } from './service.ts'

interface Line {
  readonly msg: string
  readonly url: string
}

interface Program extends AsyncDisposable {
  readonly child: ChildProcess
  readonly exit: Promise<number | null>
  readonly errors: Promise<string>
  /** Resolves with the log line that has this message. */
  said(msg: string): Promise<Line>
}

function program(env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'program.ts')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: Line[] = []
  const output = createInterface({ input: child.stdout })
  output.on('line', (line) => lines.push(JSON.parse(line) as Line))
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  return {
    child,
    exit,
    errors: text(child.stderr),
    said: async (msg) => {
      for (;;) {
        const found = lines.find((line) => line.msg === msg)
        if (found !== undefined) return found
        await once(output, 'line')
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}

describe('a program', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops at %s and exits with 0', async (signal) => {
    await using running = program()
    const { url } = await running.said('ready')
    expect(await (await fetch(url)).text()).toBe('done')
    running.child.kill(signal)
    expect(await running.exit).toBe(0)
    await running.said('stopping')
    expect(await running.errors).toBe('')
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('X-03: exits at once at a second %s, with %s', async (signal, code) => {
    await using running = program()
    const { url } = await running.said('ready')
    await fetch(`${url}/__faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"mode":"hang"}',
    })
    const hanging = fetch(url)
    hanging.catch(() => {})
    // The request must be running before the stop, or nothing would delay it.
    await running.said('fault injected')
    running.child.kill(signal)
    await running.said('stopping')
    const again = setInterval(() => running.child.kill(signal), 100)
    const ended = await running.exit.finally(() => clearInterval(again))
    expect(ended).toBe(code)
    await expect(hanging).rejects.toThrow('fetch failed')
  })

  it('X-03: cuts what is still there when its time is over, says so, and exits with 0', async () => {
    await using running = program({ STOP_WITHIN_MS: '300' })
    const { url } = await running.said('ready')
    await fetch(`${url}/__faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"mode":"hang"}',
    })
    const hanging = fetch(url)
    hanging.catch(() => {})
    await running.said('fault injected')
    running.child.kill('SIGTERM')
    expect(await running.exit).toBe(0)
    expect(await running.said('stopping: what is left is cut')).toMatchObject({ connections: expect.any(Number) })
    await expect(hanging).rejects.toThrow('fetch failed')
  })

  it('X-03: for a while it is only no longer ready, and answers whoever comes', async () => {
    await using running = program({ DRAIN_DELAY_MS: '2000' })
    const { url } = await running.said('ready')
    running.child.kill('SIGTERM')
    await running.said('stopping')
    const probe = await fetch(`${url}/readyz`)
    expect([probe.status, await probe.text()]).toEqual([503, 'not ready: stopping\n'])
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    // On a separate connection, which stays open.
    const answer = await fetch(url)
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'keep-alive'])
    await answer.text()
    expect(await running.exit).toBe(0)
  })

  it('X-04: says in one line what nobody caught, and is gone with 1', async () => {
    await using running = program()
    const { url } = await running.said('ready')
    await expect(fetch(`${url}/crash`)).rejects.toThrow('fetch failed')
    expect(await running.exit).toBe(1)
    expect(await running.said('crashed')).toMatchObject({ level: 60, err: { message: 'nobody caught this' } })
    expect(await running.errors).toBe('')
  })

  it('says what to do about a port in use, and exits with 1', async () => {
    await using taken = await boot((_req, res) => res.end())
    await using running = program({ PROGRAM_PORT: String(taken.port) })
    expect(await running.exit).toBe(1)
    expect(await running.errors).toBe(
      `Port ${taken.port} is in use. Set PROGRAM_PORT to another, or stop what holds it.\n`,
    )
  })

  it('says what is wrong with its environment, and exits with 1', async () => {
    await using running = program({ PROGRAM_PORT: 'eighty' })
    expect(await running.exit).toBe(1)
    const errors = await running.errors
    expect(errors).toContain('PROGRAM_PORT: "eighty" is invalid. It must be a port, 0 to 65535.')
    expect(errors).not.toMatch(/^\s+at /m)
  })
})
