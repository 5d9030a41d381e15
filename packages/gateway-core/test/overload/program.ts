import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { gateway, serve } from '../../src/index.ts'
import { run } from '../../src/run.ts'

/** Keeps the event loop, as work does that takes too long. */
function block(times: number): void {
  const end = performance.now() + 500
  while (performance.now() < end);
  if (times > 1) setTimeout(block, 1, times - 1)
}

/** Every descriptor that is left. */
function hoard(): number[] {
  const hoarded: number[] = []
  try {
    for (;;) hoarded.push(openSync('/dev/null', 'r'))
  } catch {
    return hoarded
  }
}

let hoarded: number[] = []

/** Milliseconds of a processor that the process has had. */
function spent(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** What a test may tell the process to do, and ask it. */
const pages: Readonly<Record<string, () => unknown>> = {
  /** Keeps the event loop for 500 ms, twenty times. */
  '/block': () => setTimeout(block, 1, 20),
  '/hoard': () => (hoarded = hoard()).length,
  '/release': () => hoarded.splice(0).forEach((one) => closeSync(one)),
  '/spent': spent,
}

/** A gateway before a service of its own process, `/s/*`, beside the pages above. */
await run(async () => {
  const service = createServer((_req, res) => res.end('well'))
  await once(service.listen(0, '127.0.0.1'), 'listening')
  const address = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const { forward, app } = gateway({}, { service: {} }, { service: { timeout: 2_000 } })
  const log = pino()
  const bff = app([forward('/s', 'service', { guard: () => ({}) })], {
    upstreams: { service: address },
    log,
    authenticate: () => Promise.reject(new Error('nobody')),
  })
  return serve({
    name: 'overload',
    port: 0,
    hostname: '127.0.0.1',
    portVariable: 'PORT',
    log,
    shedAfter: 100,
    handler(req, res) {
      const { url = '' } = req
      if (Object.hasOwn(pages, url)) res.end(String(pages[url]!()))
      else bff.handler(req, res)
    },
    release: bff,
  })
})
