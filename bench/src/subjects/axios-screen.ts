// The naive implementation: Express and stock axios.
import { createServer } from 'node:http'
// oxlint-disable-next-line house/tripwires -- stock axios is what is measured here
import axios from 'axios'
import express from 'express'
import { env } from '../env.ts'
import type { item } from '../shop.ts'
import { announce } from './announce.ts'

const name = async (id: string): Promise<string> =>
  (await axios.get<typeof item>(`${env.upstream}/items/${id}`)).data.name

const app = express()
app.get('/api/page/:id', async (_req, res) => {
  const [first, second, third] = await Promise.all([name('a'), name('b'), name('c')])
  res.json({ first, second, third })
})
void announce(createServer(app).listen(0, '127.0.0.1'))
