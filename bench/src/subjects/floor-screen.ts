// The lower bound for composing three responses: three raw undici calls in node:http.
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { env } from '../env.ts'
import type { item } from '../shop.ts'
import { announce } from './announce.ts'

const pool = new Pool(env.upstream)

const name = async (id: string): Promise<string> => {
  const { body } = await pool.request({ path: `/items/${id}`, method: 'GET', headers: { accept: 'application/json' } })
  return ((await body.json()) as typeof item).name
}

const server = createServer(async (_req, res) => {
  const [first, second, third] = await Promise.all([name('a'), name('b'), name('c')])
  const text = JSON.stringify({ first, second, third })
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
})
void announce(server.listen(0, '127.0.0.1'))
