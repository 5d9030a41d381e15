import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from '@jest/globals'

const root = new URL('../../..', import.meta.url).pathname

const programs = [
  ['apps/web-bff', 'WEB_BFF_PORT'],
  ['apps/mobile-bff', 'MOBILE_BFF_PORT'],
  ['services/catalog', 'CATALOG_PORT'],
  ['services/customers', 'CUSTOMERS_PORT'],
  ['services/orders', 'ORDERS_PORT'],
  ['services/inventory', 'INVENTORY_PORT'],
  ['services/tracking', 'TRACKING_PORT'],
  ['services/reviews', 'REVIEWS_PORT'],
  ['services/identity', 'IDENTITY_PORT'],
] as const

/** Runs a program with only these variables. */
function launch(folder: string, env: Record<string, string>) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, ['src/main.ts'], { cwd: root + folder, env: { PATH, ...env } })
  const exit = once(child, 'exit').then(([code]) => code as number)
  return { child, exit, complaint: text(child.stderr) }
}

describe('a program', () => {
  it.each(programs)('%s names everything that is wrong with its environment, in one message', async (folder, port) => {
    const { exit, complaint, child } = launch(folder, { NODE_ENV: 'production', [port]: 'http' })
    child.stdout.resume()
    expect(await exit).toBe(1)
    const message = await complaint
    expect(message).toContain(`${port}: "http" is invalid. It must be a port, 0 to 65535. Example: ${port}=`)
    expect(message).not.toMatch(/^\s+at /m)
    if (folder === 'apps/web-bff') {
      const names = [
        'CATALOG_URL',
        'IDENTITY_URL',
        'WEB_PUBLIC_URL',
        'WEB_CLIENT_SECRET',
        'SESSION_KEYS',
        'WEB_BFF_KEYS',
      ]
      for (const name of names) {
        expect(message).toMatch(new RegExp(`${name} is not set\\. It must be .*Example: ${name}=`))
      }
    }
  })

  it.each([
    ['apps/mobile-bff', { DPOP: 'optional' }, /DPOP_KEY is not set, and DPOP=optional needs it\. It must be/],
    ['apps/mobile-bff', { DPOP: 'optional', DPOP_KEY: 'hunter2' }, /DPOP_KEY: its value is invalid/],
    ['apps/web-bff', { WEB_CLIENT_KEY: 'hunter2' }, /WEB_CLIENT_KEY: its value is invalid/],
  ])('%s with %o names the key that will not do among what is wrong, and shows none', async (folder, env, fault) => {
    const { exit, complaint, child } = launch(folder, { ...env, IDENTITY_URL: 'identity' })
    child.stdout.resume()
    expect(await exit).toBe(1)
    const message = await complaint
    expect(message).toMatch(fault)
    expect(message).toContain('IDENTITY_URL: "identity" is invalid')
    expect(message).not.toMatch(/^\s+at |hunter2/m)
  })

  it.each(programs)('%s names the variable to change when its port is taken', async (folder, port) => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const taken = String((holder.address() as AddressInfo).port)
    const { exit, complaint, child } = launch(folder, { [port]: taken, ORDERS_FILE: ':memory:' })
    child.stdout.resume()
    expect(await exit).toBe(1)
    expect((await complaint).trim()).toBe(`Port ${taken} is in use. Set ${port} to another, or stop what holds it.`)
    holder.close()
    await once(holder, 'close')
  })

  it.each(programs)('%s stops with 0 on SIGTERM', async (folder, port) => {
    const { exit, child } = launch(folder, { [port]: '0', ORDERS_FILE: ':memory:', LOG_LEVEL: 'info' })
    let output = ''
    for await (const chunk of child.stdout.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      output += chunk.toString()
      if (output.includes('"ready"')) break
    }
    child.stdout.resume()
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })
})
