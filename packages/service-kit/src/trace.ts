import { randomBytes } from 'node:crypto'

/** 32 hex digits (W3C Trace Context §3.2.2.3). */
export const newTraceId = (): string => randomBytes(16).toString('hex')
