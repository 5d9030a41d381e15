import type { ServerResponse } from 'node:http'
import { respond } from '../../respond.ts'

/** Login responses concern one person at one moment and are never stored. */
const headers = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

export function sendJson(res: ServerResponse, body: object, cookies: readonly string[] = []): void {
  const cookie = cookies.length > 0 ? { 'set-cookie': [...cookies] } : {}
  respond(res, 200, { ...headers, 'content-type': 'application/json', ...cookie }, body)
}

/** 303: the next request is a GET without a body, whatever this one was (RFC 9700 §4.12). */
export function redirect(res: ServerResponse, location: string, cookies: readonly string[]): void {
  res.writeHead(303, { ...headers, location, 'content-length': 0, 'set-cookie': [...cookies] }).end()
}
