import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

export type Line = Readonly<Record<string, unknown>>

/** A logger and the lines it received. */
export function recorder(): { log: Logger; lines: Line[] } {
  const lines: Line[] = []
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    lines.push(JSON.parse(chunk.toString()) as Line)
    done()
  }
  return { log: pino({ level: 'debug' }, new Writable({ write })), lines }
}
