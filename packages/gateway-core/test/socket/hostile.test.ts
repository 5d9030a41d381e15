import { describe, expect, it } from '@jest/globals'
import { eventually, handshake } from '../door.ts'
import { wire } from '../raw.ts'
import { connect, startBff } from './app.ts'

/** A frame as a client sends it (RFC 6455 §5.2), masked with zeros unless `bare`. `length` may lie. */
function frame(opcode: number, body: string | Buffer, { first = 0x80, bare = false, length = -1n } = {}): Buffer {
  const data = Buffer.from(body as string, 'latin1')
  const mask = bare ? 0 : 0x80
  const said = length < 0n ? BigInt(data.length) : length
  const head = Buffer.alloc(10)
  head[0] = first | opcode
  head[1] = mask | 127
  head.writeBigUInt64BE(said, 2)
  const short = Buffer.from([first | opcode, mask | data.length])
  return Buffer.concat([said < 126n ? short : head, bare ? Buffer.alloc(0) : Buffer.alloc(4), data])
}

const text = 1
const closingCode = (received: string): number => {
  const bytes = Buffer.from(received.slice(received.indexOf('\r\n\r\n') + 4), 'latin1')
  const at = bytes.lastIndexOf(0x88)
  return bytes.readUInt16BE(at + 2)
}

describe('W-03: a client that sends', () => {
  it.each<[string, () => Buffer, number]>([
    ['a frame without a mask', () => frame(text, '{}', { bare: true }), 1002],
    ['reserved bits', () => frame(text, '{}', { first: 0xc0 }), 1002],
    ['an opcode that is none', () => frame(3, '{}'), 1002],
    ['a control frame in pieces', () => frame(9, 'a', { first: 0 }), 1002],
    ['a length of 2^63', () => frame(text, '', { length: 2n ** 63n }), 1009],
    ['a length of 100 MB', () => frame(text, '', { length: 100_000_000n }), 1009],
    ['a length that is just too much', () => frame(text, '', { length: 16_385n }), 1009],
    ['text that is no UTF-8', () => frame(text, '\xc3\x28'), 1007],
    ['bytes', () => frame(2, '{}'), 1003],
    ['a compressed message', () => frame(text, '\xaaV*', { first: 0xc0 }), 1002],
    ['17 pieces of one byte, and no end', () => pieces(17), 1008],
    ['pings without end', () => Buffer.concat(Array.from({ length: 200 }, () => frame(9, ''))), 1008],
    ['pongs without end', () => Buffer.concat(Array.from({ length: 200 }, () => frame(10, ''))), 1008],
    ['messages without end', () => Buffer.concat(Array.from({ length: 200 }, () => frame(text, '{}'))), 1008],
  ])('%s is closed for it, and the rest goes on', async (_, bytes, expected) => {
    await using bff = await startBff()
    const other = await connect(bff.url, { token: 'grace' })
    await using line = await wire(bff.url)
    const asks = { Origin: null, 'Sec-WebSocket-Protocol': 'test.live.v1', Authorization: 'Bearer ada' }
    line.write(handshake('/live', { ...asks, 'Sec-WebSocket-Extensions': 'permessage-deflate' }))
    expect(await line.until(/\r\n\r\n/)).not.toMatch(/permessage-deflate/i)
    line.write(bytes())
    expect(closingCode(await line.closed(5_000))).toBe(expected)
    other.say({ type: 'ping' })
    expect(await other.next()).toEqual({ type: 'pong' })
    await eventually(() => bff.open() === 1)
  })

  const pieces = (many: number) =>
    Buffer.concat(Array.from({ length: many }, (_, i) => frame(i === 0 ? text : 0, 'a', { first: 0 })))
})
