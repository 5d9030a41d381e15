import { awayEvent } from '../away.ts'

/** Events about the stream itself, between its items: see `Followed`. */
export type Note = 'live' | 'lost' | 'resync'

/** Wire format of a stream. */
export interface Format {
  readonly type: string
  /** `retry`: milliseconds before reconnecting, wherever it breaks. */
  readonly begin: (retry: number) => string
  /** `rev` for numbered streams only. */
  readonly item: (value: unknown, rev?: number) => string
  readonly note: (note: Note, rev: number) => string
  /** Keep-alive without content, against idle timeouts of intermediaries. */
  readonly beat: string
  /** The stream ended completely. */
  readonly end: string
  readonly problem: (body: unknown) => string
  /** The reader is no longer signed in. */
  readonly signedOut: (body: unknown) => string
  /** Shutdown without a fault: reconnect after `retry` milliseconds. */
  readonly away: (body: unknown, retry: number) => string
}

const event = (name: string, body: unknown, id = ''): string => `${id}event: ${name}\ndata: ${JSON.stringify(body)}\n\n`

/**
 * Server-sent events (WHATWG HTML §9.2): each item is a `message`, with its number as id if it has one; the last event
 * is `end` when the stream is over, `problem` when it failed, `session-ended` when its reader was signed out. Without
 * any of these, a browser's `EventSource` reconnects with the last id it had: after `away`, with the delay that event
 * gives.
 */
export const events: Format = {
  type: 'text/event-stream; charset=utf-8',
  begin: (retry) => `retry: ${retry}\n\n`,
  // Compact JSON contains no line breaks.
  item: (value, rev) => `${rev === undefined ? '' : `id: ${rev}\n`}data: ${JSON.stringify(value)}\n\n`,
  note: (note, rev) => event(note, { rev }, note === 'resync' ? `id: ${rev}\n` : ''),
  beat: ':\n\n',
  end: event('end', {}),
  problem: (body) => event('problem', body),
  signedOut: (body) => event('session-ended', body),
  away: awayEvent,
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`

const lastLine = (body: unknown): string => line({ problem: body })

/**
 * One JSON text per line. Empty lines are keep-alives; a failed stream ends with `{"problem": …}`, with `retry` where
 * it continues elsewhere. Numbered items are `{"rev": 3, "item": …}`, events between them `{"rev": 3, "note": "live"}`.
 */
export const lines: Format = {
  type: 'application/x-ndjson; charset=utf-8',
  begin: () => '',
  item: (value, rev) => line(rev === undefined ? value : { rev, item: value }),
  note: (note, rev) => line({ rev, note }),
  beat: '\n',
  end: '',
  problem: lastLine,
  signedOut: lastLine,
  away: (body, retry) => line({ problem: body, retry }),
}

/** Lines if `Accept` asks for them and not for events; otherwise events. */
export const formatFor = (accept: string | undefined): Format =>
  accept !== undefined && /\bapplication\/(?:x-ndjson|jsonl)\b/i.test(accept) && !/\btext\/event-stream\b/i.test(accept)
    ? lines
    : events
