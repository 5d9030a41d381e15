// The least a proxy can do: node:http in, undici out, no framework, no rule.
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { upstream } from '../shop.ts'
import { announce } from './announce.ts'

const pool = new Pool(upstream)

const server = createServer(async (req, res) => {
  const answer = await pool.request({ path: req.url!, method: 'GET', headers: { accept: '*/*' } })
  res.writeHead(answer.statusCode, answer.headers as Record<string, string>)
  answer.body.pipe(res)
})
void announce(server.listen(0, '127.0.0.1'))
