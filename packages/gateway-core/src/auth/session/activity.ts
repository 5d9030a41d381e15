import type { Exchange } from '../../exchange.ts'

/** Sent by a page with requests that no user action caused, e.g. polls: they do not keep a session alive. */
export const background = { header: 'X-Background', value: '1' } as const

/** Whether a person is active: not a poll, a reconnecting EventSource, or a prefetch. */
export const isActive = ({ headers }: Pick<Exchange, 'headers'>): boolean =>
  headers['x-background'] === undefined &&
  headers['last-event-id'] === undefined &&
  headers['sec-purpose'] === undefined
