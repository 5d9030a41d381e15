// npm run bench [seconds] — CPU per request and throughput, ours beside the floor and the peers, in one run on one machine.
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { type Load, load } from './load.ts'
import { start } from './process.ts'
import { report } from './report.ts'

const seconds = Number(process.argv[2] ?? 4)
const rounds = 3

/** `path` of each is the same answer by another way; `floor` is what its ratio is taken against. */
const subjects = [
  { name: 'floor: node:http + undici', program: 'floor', path: '/items/a', floor: 0 },
  { name: 'forward, as in the apps', program: 'ours', path: '/api/items/items/a', floor: 0 },
  { name: 'Express + http-proxy-middleware', program: 'stock-proxy', path: '/api/items/a', floor: 0 },
  { name: '@fastify/http-proxy', program: 'fastify-proxy', path: '/api/items/a', floor: 0 },
  { name: 'floor: three undici calls in node:http', program: 'floor-screen', path: '/', floor: 4 },
  { name: 'screen of three parts', program: 'ours', path: '/api/page/a', floor: 4 },
  { name: 'Express + three calls of stock axios', program: 'axios-screen', path: '/api/page/a', floor: 4 },
] as const

await using upstream = await start('upstream', {})
const results: Load[][] = subjects.map(() => [])
for (let round = 0; round < rounds; round++) {
  // Interleaved, so that what else the machine does falls on all of them.
  for (const [i, { name, program, path }] of subjects.entries()) {
    await using subject = await start(program, { UPSTREAM_URL: upstream.url })
    const result = await load(subject, path, seconds)
    results[i]!.push(result)
    console.log(
      `${name.padEnd(40)} ${result.cpu.toFixed(0).padStart(5)} µs  ${result.rate.toFixed(0).padStart(6)} req/s`,
    )
  }
}
const table = report(subjects, results)
console.log(`\n${table}`)
const machine = `${cpus().length} × ${cpus()[0]!.model.trim()}, Node ${process.versions.node}`
const text = `# Benchmarks

\`npm run bench\`: each subject is a process of its own, 32 connections, answers of about 1 KB; ${rounds} rounds of
${seconds} s, interleaved, the median of each. CPU is user and system time of that process per request. Ratios count, not digits.

${table}

Machine: ${machine}.
`
await writeFile(new URL('../../docs/benchmarks.md', import.meta.url), text)
