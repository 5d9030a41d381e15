import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Authenticate, Exchange, Route } from '../src/exchange.ts'
import { problem, Problem } from '../src/problem.ts'
import { exchangeOf, silent } from './exchange.ts'

/** A route that tells who is calling. */
export const whoAmI: Route<unknown> = {
  methods: ['GET', 'POST'],
  path: '/api/me',
  guard: async (exchange) => ({ user: (await exchange.authenticate()).user }),
  bind: () => (exchange, _req, res) => {
    res.end(JSON.stringify({ id: exchange.identity?.user.id }))
  },
}

export interface Mounted extends AsyncDisposable {
  readonly url: string
  /** Takes what cannot be known before the port is. */
  use(app: { authenticate: Authenticate; routes: readonly Route<unknown>[] }): void
}

type App = Parameters<Mounted['use']>[0]

/** Routes on a socket, with no more of a gateway than they need: match, guard, handle, and problems as answers. */
export async function mount(log: Exchange['log'] = silent): Promise<Mounted> {
  let app: App = { authenticate: () => Promise.reject(new Error('nothing is mounted')), routes: [] }
  const server = createServer((req, res) => void answer(app, log, req, res))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    use: (given) => {
      app = given
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer({ authenticate, routes }: App, log: Exchange['log'], req: IncomingMessage, res: ServerResponse) {
  const { pathname: path, searchParams: query } = new URL(req.url ?? '/', 'http://local')
  const exchange: Exchange = exchangeOf({
    method: req.method ?? '',
    path,
    query,
    headers: req.headers,
    log,
    authenticate: async () => (exchange.identity = await authenticate(exchange)),
  })
  try {
    const route = routes.find((one) => one.path === path && one.methods.includes(req.method as 'GET'))
    if (route === undefined) throw problem(404, 'route-not-found')
    await route.bind(undefined)(exchange, req, res, await route.guard(exchange))
  } catch (error) {
    const failed = error instanceof Problem ? error : problem(500, String(error))
    res.writeHead(failed.status, { ...failed.options.headers, 'content-type': 'application/problem+json' })
    res.end(JSON.stringify(failed.body(exchange.traceId)))
  }
}
