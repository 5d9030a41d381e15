import type { Caller } from './caller.ts'

/** Authenticates with a cookie that no script can read, plus `X-CSRF: 1`, which no form of another site can send. */
export const cookie = (): Caller => ({
  credentials: 'same-origin',
  send: (attempt) => attempt({ 'x-csrf': '1' }),
})
