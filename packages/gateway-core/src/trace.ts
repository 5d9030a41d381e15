import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** 32 hex digits: the trace that a well-formed `traceparent` names (W3C Trace Context §3.2), or a new one. */
export function traceIdOf(headers: IncomingHttpHeaders): string {
  const [, id] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(headers['traceparent'])) ?? []
  return id === undefined || /^0+$/.test(id) ? randomId() : id
}

/** The header of one call within a trace. */
export const traceparent = (traceId: string): string => `00-${traceId}-${randomId().slice(16)}-01`

/** 128 bits as 32 hex digits; Node draws them for many ids at a time. */
const randomId = (): string => randomUUID().replaceAll('-', '')
