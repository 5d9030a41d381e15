import { type Call, ClientProblem } from '@bff/gateway-core/client'
import type { Mobile } from '@bff/contracts/mobile'
import type { Track } from './track.ts'

/** Reads the current state of an order when the states in between are no longer available. */
export async function readAnew(call: Call<Mobile>, track: Track): Promise<void> {
  const { rev, status } = await call('GET /m/v1/orders/:id', { id: track.id })
  track.tell({ rev, status, skipped: true })
}

/** Fetches the new events of an order; if there are none, waits up to `wait` milliseconds for one. */
export async function ask(call: Call<Mobile>, track: Track, wait: number): Promise<void> {
  const { events, resync } = await call('GET /m/v1/orders/:id/events', { id: track.id, after: track.rev, wait })
  if (resync) await readAnew(call, track)
  for (const update of events) track.tell(update)
}

/** The user is signed out, or not permitted. */
export const isFinal = (error: unknown): boolean =>
  error instanceof ClientProblem && (error.status === 401 || error.status === 403)

/** Retrying cannot change this status. */
export const isAnswer = ({ status }: { readonly status: number }): boolean =>
  status >= 400 && status < 500 && status !== 429
