import { expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Body } from '../road/body.ts'
import { passOn } from './pass-on.ts'

const idle = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/** What a client gets of these chunks, and what is left of them when it has all. */
async function pass(readOnce: boolean, chunks: readonly Buffer[]): Promise<{ got: Buffer; left: number[] }> {
  const body = new Body(idle, readOnce)
  await using server = createServer((_, res) => void passOn(body, res, () => undefined))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  for (const chunk of chunks) body.push(chunk)
  body.finish()
  const got = Buffer.from(await answer.arrayBuffer())
  return { got, left: chunks.map(({ length }) => length) }
}

const chunks = () => Array.from({ length: 40 }, (_, i) => Buffer.alloc(65_536, i))

test('the memory of a chunk is given back once it is out, if nobody else has it', async () => {
  const { got, left } = await pass(true, chunks())
  expect(got.equals(Buffer.concat(chunks()))).toBe(true)
  expect(new Set(left)).toEqual(new Set([0]))
})

test('a chunk that others have is theirs', async () => {
  const { got, left } = await pass(false, chunks())
  expect(got.equals(Buffer.concat(chunks()))).toBe(true)
  expect(new Set(left)).toEqual(new Set([65_536]))
})

test('a chunk that is a part of something is left alone, and so is what it is a part of', async () => {
  const something = Buffer.alloc(262_144, 7)
  const parts = [something.subarray(0, 65_536), something.subarray(65_536, 196_608)]
  const { got, left } = await pass(true, parts)
  expect(got.equals(something.subarray(0, 196_608))).toBe(true)
  expect(left).toEqual([65_536, 131_072])
  expect(something.length).toBe(262_144)
})
