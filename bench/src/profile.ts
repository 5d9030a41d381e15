// npm run profile -w bench [subject] [seconds] — where a subject spends its CPU time.
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argumentsOf, misused } from '@bff/gateway-core/arguments'
import { leaveSubjectCore } from './cores.ts'
import { groups } from './groups.ts'
import { load } from './load.ts'
import { measurable } from './proc.ts'
import { byOwner, type CpuProfile, selfTimes } from './self-times.ts'
import { startBeside } from './subject.ts'
import { table } from './table.ts'

const usage = 'npm run profile -w bench -- [subject] [seconds]'
const [key = 'ours', seconds = '5'] = argumentsOf(usage, { allowPositionals: true }).positionals
const candidates = groups.flatMap(({ answer, rows }) =>
  rows.filter(({ needs }) => needs === undefined).map((row) => ({ ...row, answer })),
)
const row = candidates.find((each) => each.key === key)
if (row === undefined) throw misused(`"${key}" is not one of ${candidates.map((each) => each.key).join(', ')}.`, usage)

if (!measurable) throw new Error('npm run profile reads /proc, so it needs Linux')
leaveSubjectCore()
await using folder = await mkdtempDisposable(join(tmpdir(), 'bff-profile-'))
const now = () => Number(process.hrtime.bigint() / 1_000n)
const measured = await (async () => {
  await using upstream = await startBeside('upstream')
  const upstreams = { BENCH_UPSTREAM: upstream.url, BENCH_STREAMS: upstream.url }
  await using subject = await row.start(upstreams, ['--cpu-prof', `--cpu-prof-dir=${folder.path}`])
  await load(subject, row.path, row.answer, 3)
  const from = now()
  const { cpu, rate } = await load(subject, row.path, row.answer, Number(seconds))
  return { from, to: now(), cpu, requests: rate * Number(seconds) }
})()
const [file] = await readdir(folder.path)
const profile = JSON.parse(await readFile(join(folder.path, file!), 'utf8')) as CpuProfile

const times = selfTimes(profile, measured.from, measured.to)
const total = times.reduce((sum, { self }) => sum + self, 0)
const share = (self: number) => [
  `${((self * 100) / total).toFixed(1)} %`,
  `${(self / measured.requests).toFixed(2)} µs`,
]
console.log(`${row.name}: ${measured.cpu.toFixed(1)} µs of CPU per request while profiled\n`)
console.log(
  table(
    ['package', 'share', 'per request'],
    byOwner(times).map(([owner, self]) => [owner, ...share(self)]),
  ),
)
console.log()
const top = times.slice(0, 25)
console.log(
  table(
    ['function', 'share', 'per request', 'package', 'where'],
    top.map(({ name, owner, place, self }) => [name, ...share(self), owner, place]),
  ),
)
