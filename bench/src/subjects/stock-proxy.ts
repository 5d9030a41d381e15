// http-proxy-middleware in Express, as in the first example of its README.
import { createServer } from 'node:http'
import express from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { env } from '../env.ts'
import { announce } from './announce.ts'

const app = express()
app.use('/api/items', createProxyMiddleware({ target: `${env.upstream}/items` }))
void announce(createServer(app).listen(0, '127.0.0.1'))
