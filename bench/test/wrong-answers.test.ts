import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { load } from '../src/load.ts'
import type { Subject } from '../src/subject.ts'
import { download, upload } from '../src/transfer.ts'

const size = 2 ** 20

async function subject(listener: RequestListener): Promise<Subject> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pid: process.pid,
    headers: {},
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a wrong answer ends the run', () => {
  it.each<[string, RequestListener]>([
    ['another status', (_req, res) => res.writeHead(203).end('right')],
    ['another body', (_req, res) => res.end('wrong')],
  ])('of a request: %s', async (_, listener) => {
    await using wrong = await subject(listener)
    await expect(load(wrong, '/', 'right', 1)).rejects.toThrow(wrong.url)
  })

  it.each<[string, RequestListener]>([
    ['another status', (_req, res) => res.writeHead(500).end(Buffer.alloc(size))],
    ['too short', (_req, res) => res.end(Buffer.alloc(size - 1))],
    [
      'cut',
      (_req, res) => {
        res.writeHead(200, { 'content-length': size }).write(Buffer.alloc(10))
        setImmediate(() => res.destroy())
      },
    ],
  ])('of a download: %s', async (_, listener) => {
    await using wrong = await subject(listener)
    await expect(download(wrong, '/', size)).rejects.toThrow()
  })

  it.each<[string, RequestListener]>([
    ['less arrived', (req, res) => void req.resume().on('end', () => res.end(String(size - 1)))],
    ['refused before all was sent', (_req, res) => res.writeHead(413, { connection: 'close' }).end('no')],
    ['cut', (req) => req.destroy()],
  ])('of an upload: %s', async (_, listener) => {
    await using wrong = await subject(listener)
    await expect(upload(wrong, '/', size)).rejects.toThrow()
  })

  it('and a right one does not', async () => {
    await using right = await subject((req, res) => {
      let bytes = 0
      req.on('data', ({ length }: Buffer) => (bytes += length))
      req.on('end', () => res.end(req.method === 'GET' ? Buffer.alloc(size) : String(bytes)))
    })
    await download(right, '/', size)
    await upload(right, '/', size)
  })
})
