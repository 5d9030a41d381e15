import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type Bff, launch } from '../launch.ts'
import { until } from '../until.ts'
import { type Client, inTurn, type Open, type Whose } from './clients.ts'
import type { Estate } from './estate.ts'

/** A kind of client that waits. */
export interface Kind {
  readonly what: string
  readonly bff: Bff
  readonly open: Open
  readonly clients: number
  /** Of each user, who follow the same order. */
  readonly perUser: number
  /** Whether they follow it. */
  readonly follows: boolean
}

export interface Row extends Pick<Kind, 'what' | 'clients'> {
  /** Connections to the service. */
  readonly upstream: number
  /** Bytes of RSS without clients, with half of them, and with all. */
  readonly before: number
  readonly halfway: number
  readonly after: number
}

/** Milliseconds: longer than from one beat of an event stream to the next. */
const idle = 12_000
/** For which a feed that nobody follows any more stays, and a little more. */
const linger = 7_000
const atATime = 100

/** Collects all garbage every three seconds: how much there is at a moment is chance, and no client's. */
const collecting = [
  '--expose-gc',
  '--import',
  'data:text/javascript,setInterval(() => gc({ type: "major", flavor: "last-resort" }), 3_000).unref()',
]

/** What an idle client of this kind weighs in one process that has no others. Throws if one of them is not there in the end. */
export async function weigh(estate: Estate, { what, bff, open, clients, perUser, follows }: Kind): Promise<Row> {
  const people = await estate.people(`${bff}-${perUser}-${follows}`, Math.ceil(clients / perUser))
  await using child = await launch(bff, estate.env, { flags: collecting })
  const all = Array.from({ length: clients }, (_, i) => people[i % people.length]!)
  const openAll = (some: readonly Whose[]) => inTurn(some, atATime, (whose) => open(child.url, whose))
  // Code that has run, buffers that are there: what the first weigh is no client's.
  for (const one of await openAll(all.slice(0, 500))) one[Symbol.dispose]()
  await pause(linger)
  const before = rssOf(child.pid)
  // A process that has more to do takes room for it, once: what a client weighs is what the second half of them does.
  const half = Math.floor(clients / 2)
  const opened = await openAll(all.slice(0, half))
  await pause(idle)
  const halfway = rssOf(child.pid)
  opened.push(...(await openAll(all.slice(half))))
  await pause(idle)
  const after = rssOf(child.pid)
  await allThere(opened)
  if (follows) await told(opened, estate, people[0]!, perUser)
  for (const one of opened) one[Symbol.dispose]()
  return { what, clients, upstream: follows ? people.length : 0, before, halfway, after }
}

async function allThere(open: readonly Client[]): Promise<void> {
  const there = await inTurn(open, atATime, (client) => client.isThere())
  const gone = there.filter((is) => !is).length
  if (gone > 0) throw new Error(`${gone} of ${open.length} clients have nobody at the other end`)
}

/** Those who follow the order of one are told of it, and nobody else is. */
async function told(open: readonly Client[], estate: Estate, one: Whose, many: number): Promise<void> {
  await estate.confirm(one)
  const count = () => open.filter((client) => client.told() > 0).length
  await until(() => count() >= many, 10_000).catch(() => undefined)
  if (count() !== many) throw new Error(`${count()} clients were told of what ${many} follow`)
}

/** Bytes. */
function rssOf(pid: number): number {
  const [, kib] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) * 1_024
}
