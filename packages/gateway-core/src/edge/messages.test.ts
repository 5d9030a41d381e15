import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from '@jest/globals'
import express from 'express'
import { messagesOf } from './messages.ts'

/** What a handler answers, and the prototypes that both objects had before it and had within. */
async function answerOf(handler: RequestListener, within: () => readonly unknown[]) {
  let before: readonly unknown[] = []
  const server = createServer(messagesOf(handler), (req, res) => {
    before = [req, res].map((one: object) => Object.getPrototypeOf(one) as unknown)
    handler(req, res)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return { text: await answer.text(), unchanged: within().every((one, at) => one === before[at]) }
  } finally {
    server.close()
  }
}

it('an Express app finds both objects as it wants them, and what it does with them works', async () => {
  let seen: readonly unknown[] = []
  const app = express().use((req, res) => {
    seen = [req, res].map((one: object) => Object.getPrototypeOf(one) as unknown)
    res.json({ asked: req.get('host') !== undefined, locals: Object.keys(res.locals) })
  })
  const { text, unchanged } = await answerOf(app, () => seen)
  expect(JSON.parse(text)).toEqual({ asked: true, locals: [] })
  expect([seen.length, unchanged]).toEqual([2, true])
})

it('what is no Express app gets what node makes', () => {
  const plain: RequestListener = (_req, res) => void res.end()
  expect(messagesOf(plain)).toEqual({})
})
