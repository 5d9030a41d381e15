import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

const redact = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization'].flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.*["${name}"]`,
])

/** JSON lines on standard output. Whoever logs a request or its headers by mistake still logs no credential. */
export const logger = (name: string, level = 'info', out?: DestinationStream): Logger =>
  pino({ name, level, redact }, out ?? pino.destination(1))
