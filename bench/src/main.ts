// npm run bench [seconds] [group] — compares ours with the floor and the peers, in one run on one machine.
import { readFile, writeFile } from 'node:fs/promises'
import { argumentsOf, misused } from '@bff/gateway-core/arguments'
import { chart } from './chart.ts'
import { leaveSubjectCore } from './cores.ts'
import { document } from './document.ts'
import { groups } from './groups.ts'
import { guards } from './guards.ts'
import { measure } from './measure.ts'
import { measurable } from './proc.ts'
import { guardTable, loadTable, socketTable, streamTable } from './report.ts'
import { sockets, socketCount } from './sockets.ts'
import { streams } from './streams.ts'
import { startBeside } from './subject.ts'

const names = [...groups.map(({ name }) => name), 'streams', 'guards', 'sockets']
const usage = `npm run bench -- [seconds] [${names.join(' | ')}]`
const { positionals } = argumentsOf(usage, { allowPositionals: true })
const only = positionals.find((one) => names.includes(one))
const [length = '1', ...more] = positionals.filter((one) => one !== only)
// wrk accepts whole seconds only.
const seconds = Number(length)
if (!(Number.isInteger(seconds) && seconds > 0) || more.length > 0)
  misused(`"${positionals.join(' ')}" is not a duration in whole seconds and a group.`, usage)

if (!measurable) throw new Error('npm run bench reads /proc, so it needs Linux')
leaveSubjectCore()
await using upstream = await startBeside('upstream')
await using streamUpstream = await startBeside('stream-upstream')
const upstreams = { BENCH_UPSTREAM: upstream.url, BENCH_STREAMS: streamUpstream.url }

const measured = []
const sections: string[] = []
for (const group of groups.filter(({ name }) => (only ?? name) === name)) {
  const results = await measure(group, upstreams, seconds)
  measured.push({ group, results })
  sections.push(`## ${group.title}\n\n${loadTable(results)}`)
}
if ((only ?? 'streams') === 'streams') sections.push(`## A gibibyte\n\n${streamTable(await streams(upstreams))}`)
if ((only ?? 'guards') === 'guards') sections.push(`## Guards\n\n${guardTable(await guards(seconds))}`)
if ((only ?? 'sockets') === 'sockets')
  sections.push(
    `## ${socketCount.toLocaleString('en').replace(',', ' ')} idle WebSockets\n\n${socketTable(await sockets())}`,
  )
console.log(`\n${sections.join('\n\n')}`)

// A partial run must not mix old and new results in the document.
if (only === undefined) {
  const docs = new URL('../../docs/', import.meta.url)
  await writeFile(new URL('benchmarks.svg', docs), chart(measured.filter(({ group }) => group.name !== 'routes')))
  const page = new URL('benchmarks.md', docs)
  await writeFile(page, await document(seconds, sections, await readFile(page, 'utf8')))
}
