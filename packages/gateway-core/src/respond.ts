import type { ServerResponse } from 'node:http'

/** Answer with JSON whose length is known; to a HEAD without it. `headers` must name its content type. */
export function respond(
  res: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | string[]>>,
  body: unknown,
): void {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  res.writeHead(status, { ...headers, 'content-length': length })
  if (res.req.method === 'HEAD') res.end()
  // What is ASCII goes out as it is, in one piece with the head.
  else res.end(text, length === text.length ? 'latin1' : 'utf8')
}
