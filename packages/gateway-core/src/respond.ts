import type { ServerResponse } from 'node:http'

type Headers = Readonly<Record<string, string | string[]>>

/** Answers with JSON and its length; without the body for HEAD. `headers` must include the content type. */
export const respond = (res: ServerResponse, status: number, headers: Headers, body: unknown): void =>
  respondText(res, status, headers, JSON.stringify(body))

/** The same for text that is already serialized. */
export function respondText(res: ServerResponse, status: number, headers: Headers, text: string): void {
  const length = Buffer.byteLength(text)
  res.writeHead(status, { ...headers, 'content-length': length })
  if (res.req.method === 'HEAD') res.end()
  // ASCII is sent as is, in one piece with the head.
  else res.end(text, length === text.length ? 'latin1' : 'utf8')
}
