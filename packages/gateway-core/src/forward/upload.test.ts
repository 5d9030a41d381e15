import { expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { request } from 'undici'
import { Upload } from './upload.ts'

/** A request that brings these chunks. */
const bringing = (chunks: readonly Buffer[]) =>
  Readable.from(chunks, { objectMode: false }) as unknown as IncomingMessage

test('a body arrives as it was, and the memory of what is written is given back while the rest comes', async () => {
  const chunks = Array.from({ length: 64 }, (_, i) => Buffer.alloc(65_536, i))
  const whole = Buffer.concat(chunks)
  await using server = createServer((req, res) => {
    void req.toArray().then((came) => res.end(String(Buffer.concat(came as Buffer[]).equals(whole))))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const { body } = await request(`http://127.0.0.1:${port}`, {
    method: 'POST',
    body: new Upload(bringing(chunks), whole.length),
  })
  expect(await body.text()).toBe('true')
  expect(chunks.filter(({ length }) => length === 0).length).toBeGreaterThan(32)
})

test('read by anybody else, a body keeps its chunks', async () => {
  const chunks = Array.from({ length: 8 }, (_, i) => Buffer.alloc(65_536, i))
  const read = (await new Upload(bringing(chunks), 1_048_576).toArray()) as Buffer[]
  expect(Buffer.concat(read).length).toBe(524_288)
  expect(chunks.map(({ length }) => length)).toEqual(chunks.map(() => 65_536))
})
