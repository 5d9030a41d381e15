// Gives every GET the same response, over plain sockets: it must never be the bottleneck.
import { createServer } from 'node:net'
import { item } from '../shop.ts'
import { announce } from './announce.ts'

const body = JSON.stringify(item)
const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
const end = '\r\n\r\n'

const server = createServer((socket) => {
  let rest = ''
  socket.setNoDelay().setEncoding('latin1')
  socket.on('error', () => undefined)
  socket.on('data', (chunk: string) => {
    const heads = (rest + chunk).split(end)
    rest = heads.pop()!
    if (heads.length > 0) socket.write(answer.repeat(heads.length), 'latin1')
  })
})
void announce(server.listen(0, '127.0.0.1'))
