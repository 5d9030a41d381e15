import type { IncomingMessage } from 'node:http'
import { problem } from '@bff/gateway-core/problem'

export interface Subscription {
  readonly orderId: string
  /** The client knows events up to this `rev`. */
  readonly after: number
}

const place = /^\/orders\/([^/?]+)\/events(?:\?|$)/

/** The subscription an upgrade requests. 404 for any other path. */
export function subscriptionOf({ url = '' }: Pick<IncomingMessage, 'url'>): Subscription {
  const [, name = ''] = place.exec(url) ?? []
  const orderId = decoded(name)
  if (orderId === '') throw problem(404, 'route-not-found')
  const [after = '0', ...more] = new URL(url, 'http://tracking').searchParams.getAll('after')
  if (!/^\d{1,9}$/.test(after) || more.length > 0) {
    throw problem(400, 'invalid-after', { detail: '`after` must be the last rev received, a whole number.' })
  }
  return { orderId, after: Number(after) }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return ''
  }
}
