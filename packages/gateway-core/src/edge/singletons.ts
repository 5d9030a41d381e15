/** Headers that must not repeat: two values are ambiguous, and parsers differ in which they take. */
export const singletons = [
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'origin',
  'referer',
  'sec-fetch-site',
  'sec-websocket-key',
  'sec-websocket-version',
  'transfer-encoding',
  'x-csrf',
] as const
