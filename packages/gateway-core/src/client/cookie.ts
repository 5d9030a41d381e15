import type { Caller } from './caller.ts'

/**
 * Known by a cookie that the browser keeps and no script sees. With it goes `X-CSRF: 1`, which no form of another site can
 * send.
 */
export const cookie = (): Caller => ({
  credentials: 'same-origin',
  send: (attempt) => attempt({ 'x-csrf': '1' }),
})
