import type { ServerResponse } from 'node:http'

type Headers = Readonly<Record<string, string | string[]>>

/** Answer with JSON whose length is known; to a HEAD without it. `headers` must name its content type. */
export const respond = (res: ServerResponse, status: number, headers: Headers, body: unknown): void =>
  respondText(res, status, headers, JSON.stringify(body))

/** The same, of what is text already. */
export function respondText(res: ServerResponse, status: number, headers: Headers, text: string): void {
  const length = Buffer.byteLength(text)
  res.writeHead(status, { ...headers, 'content-length': length })
  if (res.req.method === 'HEAD') res.end()
  // What is ASCII goes out as it is, in one piece with the head.
  else res.end(text, length === text.length ? 'latin1' : 'utf8')
}
