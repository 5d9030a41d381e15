// The BFF that is weighed, in a process of its own: the route of web-bff, and a proof of who asks that costs nothing.
import { gateway, problem, serve } from '@bff/gateway-core'
import { signedInAs } from '@bff/gateway-core/testing'
import { internalTokens, keyRing } from '@bff/gateway-core/token'
import { logger } from '@bff/service-kit'
import { estate } from '@bff/web-bff/gateway'
import { routes } from '@bff/web-bff/routes'

const log = logger('soak', 'silent')
const { SOAK_KEY = '', SOAK_UPSTREAMS = '{}' } = process.env
const { contract, sources, policies, budget } = estate
const { app } = gateway(contract, sources, policies, { budget })
const bff = app(
  routes.filter(({ made }) => made?.door === 'stream'),
  {
    upstreams: JSON.parse(SOAK_UPSTREAMS) as Record<string, string>,
    tokens: internalTokens({ name: 'mobile-bff', keys: keyRing(SOAK_KEY), log }),
    log,
    authenticate: ({ headers }) => {
      const user = headers['x-soak-user']
      if (typeof user !== 'string') return Promise.reject(problem(401, 'token-missing'))
      return Promise.resolve(signedInAs(user, { expiresAt: Date.now() + 3_600_000 }))
    },
  },
)
const { url } = await serve({
  name: 'soak',
  port: 0,
  hostname: '127.0.0.1',
  portVariable: 'PORT',
  handler: bff.handler,
  drain: bff.door.drain,
  limits: { connections: 20_000 },
  log,
  release: bff,
})
process.send?.({ url })
process.once('disconnect', () => process.exit())
