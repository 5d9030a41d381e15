import autocannon from 'autocannon'
import type { Subject } from './process.ts'

export interface Load {
  /** Microseconds of CPU per request. */
  readonly cpu: number
  /** Requests per second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p99: number
}

const fire = (url: string, duration: number) => autocannon({ url, connections: 32, duration })

/** Warm up, then measure. Throws when anything else than 2xx comes back: a fast error is no result. */
export async function load(subject: Subject, path: string, seconds: number): Promise<Load> {
  const url = subject.url + path
  await fire(url, 1)
  const before = subject.cpu()
  const { requests, latency, non2xx, errors, '2xx': answered } = await fire(url, seconds)
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} refusals, ${errors} errors`)
  return { cpu: ((subject.cpu() - before) * 1_000) / answered, rate: requests.average, p99: latency.p99 }
}
