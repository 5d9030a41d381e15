import { type Call, ClientProblem } from '@bff/gateway-core/client'
import type { Mobile } from '@bff/contracts/mobile'
import type { Track } from './track.ts'

/** As an order stands now, when what lay between cannot be told. */
export async function readAnew(call: Call<Mobile>, track: Track): Promise<void> {
  const { rev, status } = await call('GET /m/v1/orders/:id', { id: track.id })
  track.tell({ rev, status, skipped: true })
}

/** What has happened to an order, or what happens within `wait` milliseconds. */
export async function ask(call: Call<Mobile>, track: Track, wait: number): Promise<void> {
  const { events, resync } = await call('GET /m/v1/orders/:id/events', { id: track.id, after: track.rev, wait })
  if (resync) await readAnew(call, track)
  for (const update of events) track.tell(update)
}

/** Nobody is signed in any more, or may not. */
export const isFinal = (error: unknown): boolean =>
  error instanceof ClientProblem && (error.status === 401 || error.status === 403)

/** It will be no other if it is asked again. */
export const isAnswer = ({ status }: { readonly status: number }): boolean =>
  status >= 400 && status < 500 && status !== 429
