// @fastify/http-proxy, as its README begins.
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { upstream } from '../shop.ts'
import { announce } from './announce.ts'

const app = fastify()
await app.register(proxy, { upstream, prefix: '/api/items', rewritePrefix: '/items' })
await app.listen({ port: 0, host: '127.0.0.1' })
void announce(app.server)
