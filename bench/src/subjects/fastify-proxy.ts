// @fastify/http-proxy, as in the first example of its README.
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { env } from '../env.ts'
import { announce } from './announce.ts'

const app = fastify()
await app.register(proxy, { upstream: env.upstream, prefix: '/api/items', rewritePrefix: '/items' })
await app.listen({ port: 0, host: '127.0.0.1' })
void announce(app.server)
