import { type DestinationStream, type Logger, pino } from 'pino'
import { plainError } from './plain.ts'

export type { Logger } from 'pino'

const redact = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization'].flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.*["${name}"]`,
])

/** Errors of libraries carry requests and their headers: of `err`, a log learns message and stack, without tokens. */
export const serializers = { err: plainError }

/** JSON lines on standard output. Whoever logs a request, its headers or an error by mistake still logs no credential. */
export const logger = (name: string, level = 'info', out?: DestinationStream): Logger =>
  pino({ name, level, redact, serializers }, out ?? pino.destination(1))
