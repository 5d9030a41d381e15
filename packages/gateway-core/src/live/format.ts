import { awayEvent } from '../away.ts'

/** Of a stream itself, between its items: see `Followed`. */
export type Note = 'live' | 'lost' | 'resync'

/** How items look on the wire. */
export interface Format {
  readonly type: string
  /** `retry`: milliseconds after which to connect again, wherever it breaks. */
  readonly begin: (retry: number) => string
  /** Of a numbered stream with its `rev`. */
  readonly item: (value: unknown, rev?: number) => string
  readonly note: (note: Note, rev: number) => string
  /** Says nothing, and keeps what lies between from thinking that nobody is there. */
  readonly beat: string
  /** Nothing more will come, and nothing is missing. */
  readonly end: string
  readonly problem: (body: unknown) => string
  /** Whoever reads it is not signed in any more. */
  readonly signedOut: (body: unknown) => string
  /** We stop, nothing is wrong: connect again, after so many milliseconds. */
  readonly away: (body: unknown, retry: number) => string
}

const event = (name: string, body: unknown, id = ''): string => `${id}event: ${name}\ndata: ${JSON.stringify(body)}\n\n`

/**
 * Server-sent events (WHATWG HTML §9.2): each item is a `message` and, where it has a number, that is its id; `end` is the last event of
 * a stream that is over, `problem` of one that failed, `session-ended` of one whose reader has been signed out. A browser's
 * `EventSource` connects again when none of these has come, and says the last id that it had: after `away` as late as that says.
 */
export const events: Format = {
  type: 'text/event-stream; charset=utf-8',
  begin: (retry) => `retry: ${retry}\n\n`,
  // JSON has no line breaks of its own, so one line holds it.
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
 * One JSON text per line. Empty lines say nothing; the last line of a stream that failed is `{"problem": …}`, with `retry` where it
 * goes on elsewhere. Items with a number are `{"rev": 3, "item": …}`, what is said between them is `{"rev": 3, "note": "live"}`.
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

/** Lines for whoever asks for them and not for events; events for everybody else. */
export const formatFor = (accept: string | undefined): Format =>
  accept !== undefined && /\bapplication\/(?:x-ndjson|jsonl)\b/i.test(accept) && !/\btext\/event-stream\b/i.test(accept)
    ? lines
    : events
