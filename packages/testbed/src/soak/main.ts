// npm run soak — what an idle client of a live stream weighs in one BFF process; with --write into docs/benchmarks.md.
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { argumentsOf, misused } from '@bff/gateway-core/arguments'
import { signedInAs } from '@bff/gateway-core/testing'
import { keyRing } from '@bff/gateway-core/token'
import { type Shop, startShop } from '../shop.ts'
import { type Client, openClients } from './clients.ts'
import { type Row, replaced, section } from './page.ts'

const file = join(import.meta.dirname, '../../../../docs/benchmarks.md')
const perUser = 25
/** Milliseconds: longer than from one beat to the next. */
const idle = 12_000

const usage = 'npm run soak -- [--clients 10000] [--write]'
const { values } = argumentsOf(usage, {
  options: { clients: { type: 'string', default: '10000' }, write: { type: 'boolean', default: false } },
})
const wanted = Number(values.clients)
if (!(Number.isInteger(wanted) && wanted > 0)) misused(`There cannot be "${values.clients}" clients.`, usage)

const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }))
if (files < wanted * 2)
  throw new Error(
    `${wanted} clients need ${wanted * 2} open files, and there may be ${files}: run \`ulimit -n ${wanted * 2}\` first`,
  )

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
await using shop = await startShop({ mobileKeys: keyRing(privateKey) })

const rows: Row[] = [
  await weigh(`${perUser} per user, sharing a connection to the service`, wanted, perUser),
  await weigh('one per user, each with its own connection to the service', Math.floor(wanted / 2), 1),
]
if (values.write) writeFileSync(file, replaced(readFileSync(file, 'utf8'), section(rows)))
else process.stdout.write(section(rows))

async function weigh(what: string, clients: number, each: number): Promise<Row> {
  const users = Array.from({ length: Math.ceil(clients / each) }, (_, i) => `${each}-${i}`)
  const orders = await inRows(users, (user) => orderOf(shop, user))
  const all = Array.from({ length: clients }, (_, i) => [users[i % users.length]!, orders[i % users.length]!] as const)
  const { child, url } = await startBff(shop, privateKey)
  try {
    // Code that has run, buffers that are there: what the first weigh is no client's.
    for (const one of await openClients(url, all.slice(0, 500))) one[Symbol.dispose]()
    await pause(7_000)
    const before = rssOf(child)
    // A process that has more to do takes room for it, once: what a client weighs is what the second half of them does.
    const half = Math.floor(clients / 2)
    const open = await openClients(url, all.slice(0, half))
    await pause(idle)
    const halfway = rssOf(child)
    open.push(...(await openClients(url, all.slice(half))))
    await pause(idle)
    const after = rssOf(child)
    await check(open, users[0]!, orders[0]!, each)
    for (const one of open) one[Symbol.dispose]()
    return { what, clients, upstream: users.length, before, halfway, after }
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

/** All are still there, and those who are told of something are told of it. */
async function check(open: readonly Client[], user: string, order: string, each: number): Promise<void> {
  const deaf = open.filter(({ beats }) => beats() === 0).length
  if (deaf > 0) throw new Error(`${deaf} of ${open.length} clients have heard no beat`)
  await ask(shop, 'POST', `/orders/${order}/confirm`, user)
  const until = performance.now() + 10_000
  const told = () => open.filter(({ revs }) => revs().length > 0).length
  while (told() < each && performance.now() < until) await pause(20)
  if (told() !== each) throw new Error(`${told()} clients were told of what ${each} follow`)
}

async function startBff({ services }: Shop, key: string): Promise<{ child: ChildProcess; url: string }> {
  const upstreams = Object.fromEntries(Object.entries(services).map(([name, { url }]) => [name, url]))
  const child = fork(join(import.meta.dirname, 'bff.ts'), {
    env: { ...process.env, SOAK_KEY: key, SOAK_UPSTREAMS: JSON.stringify(upstreams) },
  })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return { child, url }
}

async function orderOf({ services }: Shop, user: string): Promise<string> {
  const { items } = (await (await fetch(`${services.catalog.url}/products?limit=1`)).json()) as {
    items: { id: string }[]
  }
  await ask(shop, 'PUT', `/cart/items/${items[0]!.id}`, user, { quantity: 1 })
  return ((await ask(shop, 'POST', '/orders', user)) as { id: string }).id
}

async function ask({ services, tokens }: Shop, method: string, path: string, user: string, body?: object) {
  const answer = await fetch(services.orders.url + path, {
    method,
    headers: {
      authorization: `Bearer ${tokens.mint('urn:orders', signedInAs(user))}`,
      'idempotency-key': crypto.randomUUID(),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`)
  return answer.json()
}

/** Some at a time, in their order. */
async function inRows<A, B>(all: readonly A[], one: (of: A) => Promise<B>): Promise<B[]> {
  const done: B[] = []
  for (let i = 0; i < all.length; i += 20) done.push(...(await Promise.all(all.slice(i, i + 20).map(one))))
  return done
}

/** Bytes. */
function rssOf({ pid }: ChildProcess): number {
  const [, kib] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) * 1_024
}
