import type { ServerResponse } from 'node:http'

/** Answer with JSON whose length is known; to a HEAD without it. `headers` must name its content type. */
export function respond(
  res: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | string[]>>,
  body: unknown,
): void {
  const text = JSON.stringify(body)
  res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) })
  res.end(res.req.method === 'HEAD' ? undefined : text)
}
