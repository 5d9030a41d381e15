import { createServer } from 'node:http'
import { item } from '../shop.ts'
import { announce } from './announce.ts'

const body = JSON.stringify(item)

const server = createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
})
server.keepAliveTimeout = 65_000
void announce(server.listen(0, '127.0.0.1'))
