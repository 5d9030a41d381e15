// Prints every address and the demo users once everything is up. Part of `npm run dev`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { answers } from './answers.ts'

interface Place {
  readonly name: string
  readonly url: string
  readonly speaks: string
}

argumentsOf('npm run urls', {})

const settings = join(import.meta.dirname, '../.env')
if (existsSync(settings)) process.loadEnvFile(settings)

/** Milliseconds to wait for the slowest program. */
const startupTimeout = 30_000

const at = (name: string, port: number): string =>
  process.env[`${name}_URL`] ?? `http://localhost:${process.env[`${name}_PORT`] ?? port}`

const web: Place = { name: 'web', url: process.env['WEB_PUBLIC_URL'] ?? at('WEB', 5173), speaks: 'the shop' }

const places: readonly Place[] = [
  web,
  { name: 'web-bff', url: at('WEB_BFF', 4000), speaks: 'HTTP, for the browser' },
  { name: 'mobile-bff', url: at('MOBILE_BFF', 4001), speaks: 'HTTP, for the app' },
  { name: 'identity', url: at('IDENTITY', 4400), speaks: 'OpenID Connect' },
  { name: 'catalog', url: at('CATALOG', 4101), speaks: 'HTTP' },
  { name: 'customers', url: at('CUSTOMERS', 4102), speaks: 'HTTP' },
  { name: 'orders', url: at('ORDERS', 4103), speaks: 'HTTP' },
  { name: 'inventory', url: at('INVENTORY', 4104), speaks: 'gRPC' },
  { name: 'tracking', url: at('TRACKING', 4105), speaks: 'WebSocket' },
  { name: 'reviews', url: at('REVIEWS', 4106), speaks: 'HTTP' },
]

const people = [
  ['ada@shop.example', 'lovelace-1815'],
  ['grace@shop.example', 'hopper-1906'],
  ['alan@shop.example', 'turing-1912'],
] as const

async function comesUp(place: Place): Promise<boolean> {
  const probe = place === web ? web.url : `${place.url}/livez`
  for (const until = performance.now() + startupTimeout; performance.now() < until; await pause(200)) {
    if (await answers(probe)) return true
  }
  return false
}

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
    .join('\n')
}

const up = await Promise.all(places.map(comesUp))
const missing = places.filter((_, i) => !up[i]).map(({ name }) => name)

console.log(`\n${table(places.map(({ name, url, speaks }) => [name, url, speaks]))}\n`)
console.log(`  Sign in as\n${table(people)}\n`)
if (missing.length === 0) console.log(`Everything is up. Open ${web.url}\n`)
else console.log(`No answer from ${missing.join(', ')} in ${startupTimeout / 1_000} seconds: see their output above.\n`)
