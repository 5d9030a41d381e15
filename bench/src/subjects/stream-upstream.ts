// GET /streams/<bytes> responds with that many bytes; POST /streams responds with the number received.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { announce } from './announce.ts'

const chunk = Buffer.alloc(65_536, 'x')

async function send(res: ServerResponse, bytes: number): Promise<void> {
  res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes })
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!res.write(left < chunk.length ? chunk.subarray(0, left) : chunk)) await once(res, 'drain')
  }
  res.end()
}

function take(req: IncomingMessage, res: ServerResponse): void {
  let bytes = 0
  req.on('data', ({ length }: Buffer) => (bytes += length))
  req.on('end', () => res.writeHead(200, { 'content-type': 'text/plain' }).end(String(bytes)))
}

const server = createServer((req, res) => {
  if (req.method === 'POST') take(req, res)
  else void send(res, Number(req.url!.split('/').at(-1)))
})
void announce(server.listen(0, '127.0.0.1'))
