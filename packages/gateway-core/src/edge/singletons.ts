/** Fields that mean one thing or nothing: two of them are two meanings, and parsers differ in which they take. */
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
