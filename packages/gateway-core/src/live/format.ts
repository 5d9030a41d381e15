import { awayEvent } from '../away.ts'

/** How items look on the wire. */
export interface Format {
  readonly type: string
  readonly item: (value: unknown) => string
  /** Says nothing, and keeps what lies between from thinking that nobody is there. */
  readonly beat: string
  /** Nothing more will come, and nothing is missing. */
  readonly end: string
  readonly problem: (body: unknown) => string
  /** We stop, nothing is wrong: connect again, after so many milliseconds. */
  readonly away: (body: unknown, retry: number) => string
}

/**
 * Server-sent events (WHATWG HTML §9.2): each item is a `message`; `end` is the last event of a stream that is over, `problem`
 * of one that failed. A browser's `EventSource` connects again when neither has come: after `away` as late as that says.
 */
export const events: Format = {
  type: 'text/event-stream; charset=utf-8',
  // JSON has no line breaks of its own, so one line holds it.
  item: (value) => `data: ${JSON.stringify(value)}\n\n`,
  beat: ':\n\n',
  end: 'event: end\ndata: {}\n\n',
  problem: (body) => `event: problem\ndata: ${JSON.stringify(body)}\n\n`,
  away: awayEvent,
}

const lastLine = (body: unknown): string => `${JSON.stringify({ problem: body })}\n`

/** One JSON text per line. Empty lines say nothing; the last line of a stream that failed is `{"problem": …}`, with `retry` where it goes on elsewhere. */
export const lines: Format = {
  type: 'application/x-ndjson; charset=utf-8',
  item: (value) => `${JSON.stringify(value)}\n`,
  beat: '\n',
  end: '',
  problem: lastLine,
  away: (body, retry) => `${JSON.stringify({ problem: body, retry })}\n`,
}

/** Lines for whoever asks for them and not for events; events for everybody else. */
export const formatFor = (accept: string | undefined): Format =>
  accept !== undefined && /\bapplication\/(?:x-ndjson|jsonl)\b/i.test(accept) && !/\btext\/event-stream\b/i.test(accept)
    ? lines
    : events
