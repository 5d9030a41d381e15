import { describe, expect, it } from '@jest/globals'
import * as ws from 'ws'
import { closeFrame, WebSocketFrames } from './frames.ts'

/** Not among its types. */
const { Receiver, Sender } = ws as unknown as {
  Sender: { frame: (data: Buffer, options: object) => Buffer[] }
  Receiver: new (options: object) => NodeJS.WritableStream
}

/** As `ws` writes them. */
const frame = (data: Buffer | string, { fin = true, opcode = 1, mask = false } = {}): Buffer =>
  Buffer.concat(
    Sender.frame(Buffer.from(data), {
      fin,
      opcode,
      mask,
      rsv1: false,
      readOnly: false,
    }),
  )

const messages: [string, Buffer][] = [
  ['empty', frame('')],
  ['short', frame('hello')],
  ['of 126 bytes', frame(Buffer.alloc(126))],
  ['of 70 000 bytes', frame(Buffer.alloc(70_000), { opcode: 2 })],
  ['masked', frame('hello', { mask: true })],
  ['a ping', frame('x', { opcode: 9 })],
  [
    'in parts',
    Buffer.concat([frame('a', { fin: false }), frame('b', { fin: false, opcode: 0 }), frame('c', { opcode: 0 })]),
  ],
  [
    'in parts around a ping',
    Buffer.concat([frame('a', { fin: false }), frame('p', { opcode: 9 }), frame('b', { opcode: 0 })]),
  ],
]

describe('W-04: where a message ends', () => {
  it.each(messages)('is known of one %s, in pieces of any size', (_, bytes) => {
    for (const size of [1, 2, 3, 7, 1_000, bytes.length]) {
      const frames = new WebSocketFrames()
      let [seen, tooSoon] = [0, 0]
      for (let at = 0; at < bytes.length; at += size) {
        if (at > 0 && frames.between) tooSoon++
        seen += frames.push(bytes.subarray(at, at + size))
      }
      expect([seen, tooSoon, frames.between]).toEqual([bytes.length, 0, true])
    }
  })

  it.each(messages)('of several in one piece is behind the first, one %s', (_, bytes) => {
    const frames = new WebSocketFrames()
    expect(frames.push(Buffer.concat([bytes, frame('next')]), true)).toBe(bytes.length)
    expect(frames.between).toBe(true)
  })

  it('is nowhere in one that never ends', () => {
    const frames = new WebSocketFrames()
    frames.push(Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255]))
    expect(frames.push(Buffer.alloc(100_000), true)).toBe(100_000)
    expect(frames.between).toBe(false)
  })

  it('is remembered to have been the last', () => {
    const frames = new WebSocketFrames()
    frames.push(frame(Buffer.from([3, 232]), { opcode: 8 }))
    expect([frames.closing, frames.between]).toEqual([true, true])
  })
})

it('W-04: our last word is a close frame with its code and reason', async () => {
  const receiver = new Receiver({ isServer: false })
  const said = new Promise((resolve) =>
    receiver.on('conclude', (code: number, reason: Buffer) => resolve([code, String(reason)])),
  )
  receiver.write(closeFrame(1_012, 'draining'))
  expect(await said).toEqual([1_012, 'draining'])
})
