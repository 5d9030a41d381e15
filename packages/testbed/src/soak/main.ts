// npm run soak [restart] [idle] — a rolling restart under load, and what idle clients weigh in one process; with --write into
// docs/benchmarks.md. It fails if anything was lost, repeated or not resumed. --clients 10000 is for how many idle streams; of sockets
// there are half as many, and of everything that is restarted under a tenth.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf, misused } from '@bff/gateway-core/arguments'
import { faultsOf } from '../restart/report.ts'
import { rollingRestart } from '../restart/restart.ts'
import { openEstate } from './estate.ts'
import { idleClients, replaced, restart } from './page.ts'
import { openFollowing, openSilent } from './sockets.ts'
import { openStream } from './streams.ts'
import { type Kind, type Row, weigh } from './weigh.ts'

const file = join(import.meta.dirname, '../../../../docs/benchmarks.md')

const all = ['restart', 'idle']
const usage = `npm run soak -- [${all.join('] [')}] [--clients 10000] [--write]`
const { values, positionals } = argumentsOf(usage, {
  allowPositionals: true,
  options: { clients: { type: 'string', default: '10000' }, write: { type: 'boolean', default: false } },
})
const parts = positionals.length === 0 ? all : positionals
for (const part of parts) if (!all.includes(part)) misused(`There is no "${part}".`, usage)
const clients = Number(values.clients)
if (!(Number.isInteger(clients) && clients > 0)) misused(`There cannot be "${values.clients}" clients.`, usage)

const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }))
if (files < clients * 2)
  throw new Error(
    `${clients} clients need ${clients * 2} open files, and there may be ${files}: run \`ulimit -n ${clients * 2}\` first`,
  )

const half = Math.floor(clients / 2)
const stream = { bff: 'web', open: openStream, follows: true } as const
const socket = { bff: 'mobile', clients: half, perUser: 8 } as const
const kinds: readonly Kind[] = [
  { ...stream, what: 'SSE, 25 per user, sharing a connection to the service', clients, perUser: 25 },
  {
    ...stream,
    what: 'SSE, one per user, each with its own connection to the service',
    clients: half,
    perUser: 1,
  },
  { ...socket, what: 'WebSocket, nothing followed', open: openSilent, follows: false },
  { ...socket, what: 'WebSocket, 8 per user, following an order', open: openFollowing, follows: true },
]

if (parts.includes('restart')) {
  const many = Math.ceil(clients / 10)
  const report = await rollingRestart({ requests: many, writes: many, streams: many, sockets: many })
  show(restart(report))
  const faults = faultsOf(report)
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
if (parts.includes('idle')) {
  await using estate = await openEstate()
  const rows: Row[] = []
  for (const kind of kinds) rows.push(await weigh(estate, kind))
  show(idleClients(rows))
}

function show(section: string): void {
  if (values.write) writeFileSync(file, replaced(readFileSync(file, 'utf8'), section))
  else console.log(section)
}
