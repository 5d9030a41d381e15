import type { Upstreams } from './groups.ts'
import { cpuOf, forgetPeak, peakOf, rssOf } from './proc.ts'
import { start, type Subject } from './subject.ts'
import { download, upload } from './transfer.ts'

export interface Streamed {
  /** MB per second. */
  readonly rate: number
  /** Milliseconds of CPU per 100 MB. */
  readonly cpu: number
  /** Peak memory in MiB above the level before. */
  readonly growth: number
}

export interface StreamRow {
  readonly name: string
  readonly streamed: Streamed[]
}

export const streamRounds = 3

const bytes = 2 ** 30
const warmUp = 2 ** 26

const ways = [
  { way: 'download', floor: `/streams/`, ours: '/api/streams/streams/', transfer: download },
  { way: 'upload', floor: '/streams', ours: '/api/streams/streams', transfer: upload },
] as const

/** Transfers a gibibyte each way, alternately through the floor and ours. */
export async function streams(upstreams: Upstreams): Promise<readonly StreamRow[]> {
  const rows: StreamRow[] = ways.flatMap(({ way }) =>
    ['floor', 'forward'].map((subject) => ({ name: `${way}, ${subject}`, streamed: [] })),
  )
  for (let round = 0; round < streamRounds; round++) {
    await using floor = await start('floor', upstreams)
    await using ours = await start('ours', upstreams)
    for (const [i, { way, transfer, ...paths }] of ways.entries()) {
      const pairs = [
        [rows[2 * i]!, floor, paths.floor],
        [rows[2 * i + 1]!, ours, paths.ours],
      ] as const
      for (const [row, subject, path] of pairs) {
        const result = await one(subject, (size) => transfer(subject, way === 'download' ? path + size : path, size))
        row.streamed.push(result)
        const { rate, growth } = result
        console.log(`${row.name.padEnd(40)} ${rate.toFixed(0).padStart(6)} MB/s ${growth.toFixed(0).padStart(5)} MiB`)
      }
    }
  }
  return rows
}

async function one({ pid }: Subject, transfer: (bytes: number) => Promise<void>): Promise<Streamed> {
  await transfer(warmUp)
  forgetPeak(pid)
  const [rss, cpu, begun] = [rssOf(pid), cpuOf(pid), performance.now()]
  await transfer(bytes)
  const took = performance.now() - begun
  const used = cpuOf(pid) - cpu
  return { rate: bytes / 1_000 / took, cpu: used / (bytes / 1e8), growth: peakOf(pid) - rss }
}
