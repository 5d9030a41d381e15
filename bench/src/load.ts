import { fire } from './fire.ts'
import { cpuOf, rssOf } from './proc.ts'
import type { Subject } from './subject.ts'

export interface Load {
  /** Microseconds of CPU per request, user and system, of the subject and its child processes. */
  readonly cpu: number
  /** Requests per second. */
  readonly rate: number
  /** Latencies, in microseconds. */
  readonly p50: number
  readonly p99: number
  /** MiB after the load. */
  readonly rss: number
}

/** Measures one subject. Throws on any response other than `answer`: a fast error is not a result. */
export async function load(subject: Subject, path: string, answer: string, seconds: number): Promise<Load> {
  const url = subject.url + path
  await check(url, subject, answer)
  const before = cpuOf(subject.pid)
  const { requests, bytes, micros, p50, p99, refused, failed } = await fire(url, subject.headers, seconds)
  const used = cpuOf(subject.pid) - before
  if (refused + failed > 0) throw new Error(`${url}: ${refused} of ${requests} refused, ${failed} failed`)
  if (requests === 0 || bytes / requests < answer.length) throw new Error(`${url}: responses are truncated`)
  await check(url, subject, answer)
  return { cpu: (used * 1_000) / requests, rate: (requests * 1_000_000) / micros, p50, p99, rss: rssOf(subject.pid) }
}

async function check(url: string, { headers }: Subject, answer: string): Promise<void> {
  const response = await fetch(url, { headers })
  const text = await response.text()
  if (response.status !== 200 || text !== answer) throw new Error(`${url}: ${response.status} ${text.slice(0, 200)}`)
}
