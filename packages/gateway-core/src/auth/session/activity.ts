import type { Exchange } from '../../exchange.ts'

/** What a page sends with requests that nobody asked for, such as polls: they do not keep a session alive. */
export const background = { header: 'X-Background', value: '1' } as const

/** Whether somebody is there: neither a poll, nor an EventSource that connects again, nor a browser that looks ahead. */
export const isActive = ({ headers }: Pick<Exchange, 'headers'>): boolean =>
  headers['x-background'] === undefined &&
  headers['last-event-id'] === undefined &&
  headers['sec-purpose'] === undefined
