import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { programs } from './installed.ts'

/** Results of a load generator. */
export interface Fired {
  readonly requests: number
  /** Heads and bodies. */
  readonly bytes: number
  readonly micros: number
  /** Latencies, in microseconds. */
  readonly p50: number
  readonly p99: number
  /** Responses with an unexpected status. */
  readonly refused: number
  /** Requests without a response. */
  readonly failed: number
}

export const connections = 64

/** Sends requests over all connections, each its next one as soon as it has a response. */
export async function fire(url: string, headers: Readonly<Record<string, string>>, seconds: number): Promise<Fired> {
  const [command, args] = programs.wrk === undefined ? autocannon(url, headers, seconds) : wrk(url, headers, seconds)
  const { stdout } = await promisify(execFile)(command, args)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Fired
}

type Command = readonly [string, readonly string[]]

const wrk = (url: string, headers: Readonly<Record<string, string>>, seconds: number): Command => {
  const carried = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const size = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s']
  return [programs.wrk!, [...size, ...carried, '-s', join(import.meta.dirname, 'wrk.lua'), url]]
}

const autocannon = (url: string, headers: Readonly<Record<string, string>>, seconds: number): Command => [
  process.execPath,
  [join(import.meta.dirname, 'cannon.ts'), url, String(connections), String(seconds), JSON.stringify(headers)],
]
