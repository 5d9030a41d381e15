// The lower bound for a proxy: node:http in, undici out, no framework, no policy.
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { env } from '../env.ts'
import { announce } from './announce.ts'

const items = new Pool(env.upstream)
const streams = new Pool(env.streams)

const server = createServer(async (req, res) => {
  const pool = req.url!.startsWith('/streams') ? streams : items
  const answer =
    req.method === 'POST'
      ? await pool.request({
          path: req.url!,
          method: 'POST',
          headers: { 'content-length': req.headers['content-length'] },
          body: req,
        })
      : await pool.request({ path: req.url!, method: 'GET', headers: { accept: '*/*' } })
  res.writeHead(answer.statusCode, answer.headers as Record<string, string>)
  answer.body.pipe(res)
})
void announce(server.listen(0, '127.0.0.1'))
