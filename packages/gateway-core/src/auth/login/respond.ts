import type { ServerResponse } from 'node:http'
import { respond } from '../../respond.ts'

/** Answers of the login routes concern one person at one moment: nothing of them is kept. */
const headers = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

export function sendJson(res: ServerResponse, body: object, cookies: readonly string[] = []): void {
  const cookie = cookies.length > 0 ? { 'set-cookie': [...cookies] } : {}
  respond(res, 200, { ...headers, 'content-type': 'application/json', ...cookie }, body)
}

/** 303: whatever the request was, the next one is a GET without its body (RFC 9700 §4.12). */
export function redirect(res: ServerResponse, location: string, cookies: readonly string[]): void {
  res.writeHead(303, { ...headers, location, 'content-length': 0, 'set-cookie': [...cookies] }).end()
}
