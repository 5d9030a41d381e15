import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** JSON lines on standard output. Whoever logs a request's headers by mistake still logs no credential. */
export const logger = (name: string, level = 'info'): Logger =>
  pino({ name, level, redact: ['*.authorization', '*.cookie', '*["set-cookie"]'] })
