import { randomBytes } from 'node:crypto'

/** W3C trace context of one call within the trace. */
export const traced = (traceId: string): { readonly traceparent: string } => ({
  traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
})
