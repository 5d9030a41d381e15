import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { finished } from 'node:stream/promises'
import type { Subject } from './subject.ts'

const block = Buffer.alloc(65_536, 'x')

/** Downloads a body and checks its size. */
export async function download(subject: Subject, path: string, bytes: number): Promise<void> {
  const req = request(subject.url + path, { headers: subject.headers, agent: false }).end()
  const [res] = (await once(req, 'response')) as [IncomingMessage]
  let read = 0
  res.on('data', ({ length }: Buffer) => (read += length))
  await finished(res)
  if (res.statusCode !== 200 || read !== bytes) throw new Error(`${path}: ${res.statusCode} with ${read} bytes`)
}

/** Uploads a body to an upstream that responds with the size received. */
export async function upload(subject: Subject, path: string, bytes: number): Promise<void> {
  const headers = { ...subject.headers, 'content-type': 'application/octet-stream', 'content-length': bytes }
  const req = request(subject.url + path, { method: 'POST', headers, agent: false })
  const answered = once(req, 'response') as Promise<[IncomingMessage]>
  for (let left = bytes; left > 0; left -= block.length) {
    const more = req.write(left < block.length ? block.subarray(0, left) : block)
    // An early response is a refusal, after which nothing drains.
    if (!more && (await Promise.race([once(req, 'drain'), answered.then(() => 'answered')])) === 'answered') break
  }
  req.end()
  const [res] = await answered
  const text = (await res.setEncoding('utf8').toArray()).join('')
  if (res.statusCode !== 200 || text !== String(bytes)) throw new Error(`${path}: ${res.statusCode} ${text}`)
}
