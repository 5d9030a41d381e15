import type { Program } from './installed.ts'
import { haproxy, nginx } from './peers.ts'
import { item, page } from './shop.ts'
import { type Env, start, type Subject } from './subject.ts'

/** Addresses of the two upstreams, as `env.ts` reads them. */
export interface Upstreams extends Env {
  readonly BENCH_UPSTREAM: string
  readonly BENCH_STREAMS: string
}

export interface Row {
  readonly key: string
  readonly name: string
  /** `flags` are Node's. */
  readonly start: (upstreams: Upstreams, flags?: readonly string[]) => Promise<Subject>
  readonly path: string
  readonly needs?: Program
  /** The most its CPU may be, as a multiple of the floor's. */
  readonly atMost?: number
  /** Key of a row that must be more expensive. */
  readonly below?: string
}

export interface Group {
  readonly name: string
  readonly title: string
  /** The response body required of every row. */
  readonly answer: string
  /** The first one is the floor. */
  readonly rows: readonly Row[]
}

const program =
  (name: string, env: Env = {}) =>
  (upstreams: Upstreams, flags: readonly string[] = []) =>
    start(name, { ...upstreams, ...env }, flags)

const all = { BENCH_WITH: 'all' }
const path = '/api/items/items/a'
const plain = '/api/items/a'

const routes = (count: number) => ({
  key: `routes-${count}`,
  name: `${count.toLocaleString('en').replace(',', ' ')} routes`,
  start: program('ours', { BENCH_ROUTES: String(count) }),
  // A route at either end of the list could be found faster.
  path: `/api/many/${Math.floor(count / 2)}/items/a`,
})

export const groups: readonly Group[] = [
  {
    name: 'forward',
    title: 'Forward',
    answer: JSON.stringify(item),
    rows: [
      { key: 'floor', name: 'floor: node:http + undici', start: program('floor'), path: '/items/a' },
      { key: 'ours-bare', name: 'forward, policies only', start: program('ours'), path, atMost: 1.3 },
      {
        key: 'ours',
        name: 'forward, everything on',
        start: program('ours', all),
        path,
        atMost: 1.8,
        below: 'fastify',
      },
      { key: 'express', name: 'Express + http-proxy-middleware', start: program('stock-proxy'), path: plain },
      { key: 'fastify', name: '@fastify/http-proxy', start: program('fastify-proxy'), path: plain },
      { key: 'nginx', name: 'nginx', start: (u) => nginx(u.BENCH_UPSTREAM), path: plain, needs: 'nginx' },
      { key: 'haproxy', name: 'HAProxy', start: (u) => haproxy(u.BENCH_UPSTREAM), path: plain, needs: 'haproxy' },
    ],
  },
  {
    name: 'screen',
    title: 'Screen of three parts',
    answer: JSON.stringify(page),
    rows: [
      {
        key: 'screen-floor',
        name: 'floor: three calls, node:http + undici',
        start: program('floor-screen'),
        path: '/',
      },
      {
        key: 'screen-bare',
        name: 'screen, policies only',
        start: program('ours'),
        path: '/api/page/a',
        atMost: 1.7,
      },
      { key: 'screen', name: 'screen, everything on', start: program('ours', all), path: '/api/page/a' },
      { key: 'axios', name: 'Express + stock axios', start: program('axios-screen'), path: '/api/page/a' },
    ],
  },
  {
    name: 'routes',
    title: 'Routes',
    answer: JSON.stringify(item),
    rows: [routes(10), { ...routes(1_000), atMost: 1.1 }, { ...routes(10_000), atMost: 1.1 }],
  },
]
