// A signed-in browser: a provider that admits everybody, an app, and the resulting cookies.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gateway } from '@bff/gateway-core'
import type { webSession } from '@bff/gateway-core/auth'
import { pino } from 'pino'
import { keys, signed, token } from './identity.ts'

type Session = ReturnType<typeof webSession>
type Options = Omit<Parameters<typeof webSession>[0], 'store' | 'keys'>

export interface SignedIn extends Pick<Session, 'authenticate'>, AsyncDisposable {
  /** The `cookie` header. */
  readonly cookie: string
}

/** Signs in through a session's routes, like a browser. */
export async function signIn(open: (options: Options) => Session): Promise<SignedIn> {
  await using stack = new AsyncDisposableStack()
  const says = { nonce: '' }
  const provider = stack.use(await listen((req, res) => answer(req, res, provider.url, says.nonce)))
  const site = stack.use(await listen((req, res) => bff.handler(req, res)))
  const log = pino({ level: 'silent' })
  const client = { clientId: 'bench', clientSecret: 's'.repeat(32), scope: 'openid', keys: ['k'.repeat(32)], log }
  const { authenticate, routes } = open({ ...client, issuer: provider.url, publicUrl: site.url })
  const bff = stack.use(gateway({}, {}, {}).app(routes, { upstreams: {}, authenticate, log }))

  const login = await fetch(`${site.url}/bff/login?returnUrl=/`, { redirect: 'manual' })
  const asked = new URL(login.headers.get('location')!).searchParams
  says.nonce = asked.get('nonce')!
  const query = new URLSearchParams({ code: 'yes', state: asked.get('state')!, iss: provider.url })
  const headers = { cookie: cookies(login) }
  const back = await fetch(`${site.url}/bff/callback?${query}`, { redirect: 'manual', headers })
  if (back.status !== 303) throw new Error(`the sign-in failed: ${back.status} ${await back.text()}`)
  const kept = stack.move()
  return { authenticate, cookie: cookies(back), [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Acts as a provider that admits everybody. */
function answer({ url }: IncomingMessage, res: ServerResponse, iss: string, nonce: string): void {
  const discovery = {
    issuer: iss,
    authorization_endpoint: `${iss}/auth`,
    token_endpoint: `${iss}/token`,
    jwks_uri: `${iss}/jwks`,
    id_token_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
  }
  const now = Math.floor(Date.now() / 1000)
  const tokens = {
    access_token: token,
    token_type: 'Bearer',
    expires_in: 3_600,
    scope: 'openid',
    id_token: signed('JWT', { iss, aud: 'bench', nonce, sid: 'bench', auth_time: now }),
  }
  const body = url === '/token' ? tokens : url === '/jwks' ? { keys } : discovery
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Cookies set by the response, without those it deletes. */
const cookies = (response: Response): string =>
  response.headers
    .getSetCookie()
    .filter((line) => !/max-age=0/i.test(line))
    .map((line) => line.split(';', 1)[0])
    .join('; ')

async function listen(handler: RequestListener) {
  const server = createServer(handler)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
