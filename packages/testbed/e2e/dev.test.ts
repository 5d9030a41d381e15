import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { freePort } from '../src/index.ts'
import { browse, hasBrowser } from './browser.ts'
import { buy } from './buy.ts'

const root = new URL('../../..', import.meta.url).pathname

const names = [
  'WEB',
  'WEB_BFF',
  'MOBILE_BFF',
  'IDENTITY',
  'CATALOG',
  'CUSTOMERS',
  'ORDERS',
  'INVENTORY',
  'TRACKING',
  'REVIEWS',
]

/** A separate development environment, off the usual ports. */
async function environment(): Promise<Record<string, string>> {
  const ports = await Promise.all(names.map(freePort))
  const env: Record<string, string> = { ORDERS_FILE: `/tmp/orders-${process.pid}.db` }
  names.forEach((name, i) => {
    env[`${name}_PORT`] = String(ports[i])
    env[`${name}_URL`] = `http://localhost:${ports[i]}`
  })
  return { ...env, WEB_PUBLIC_URL: env['WEB_URL']! }
}

/** Accepting a connection counts: a stopping program waits for its last client. */
const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(500) }).then(
    () => true,
    (error: Error) => error.name === 'TimeoutError',
  )

describe('npm run dev', () => {
  it('starts everything, sells to a real browser, and is gone five seconds after Ctrl-C', async () => {
    const env = await environment()
    const starting = performance.now()
    const dev = spawn('npm', ['run', 'dev'], { cwd: root, env: { ...process.env, ...env }, detached: true })
    const exited = once(dev, 'exit')
    let output = ''
    const ready = Promise.withResolvers<void>()
    for (const stream of [dev.stdout, dev.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('Everything is up')) ready.resolve()
        if (output.includes('No answer from')) ready.reject(new Error(output))
      })
    }
    void exited.then(() => ready.reject(new Error(output)))
    await ready.promise
    console.log(`Everything is up after ${((performance.now() - starting) / 1_000).toFixed(1)} s`)

    if (hasBrowser()) {
      await using browser = await browse(1_280)
      await buy(browser, env['WEB_URL']!, 'dev')
    }

    const stopping = performance.now()
    // Ctrl-C signals the terminal's whole process group.
    process.kill(-dev.pid!, 'SIGINT')
    await exited
    const urls = names.map((name) => env[`${name}_URL`]!)
    while ((await Promise.all(urls.map(answers))).includes(true)) {
      expect(performance.now() - stopping).toBeLessThan(5_000)
    }
    expect(performance.now() - stopping).toBeLessThan(5_000)
  }, 120_000)
})
