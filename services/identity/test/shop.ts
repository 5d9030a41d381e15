import { createHash } from 'node:crypto'
import { logger } from '@bff/service-kit'
import { type Config, type Identity, start } from '../src/app.ts'
import { people } from '../src/data.ts'
import type { Browser, Page } from './browser.ts'

export const web = 'http://localhost:5173'
export const webSecret = 'a-secret-of-this-test-and-nothing-else'
export const app = 'http://127.0.0.1:50123/callback'

export const startIdentity = (more: Partial<Config> = {}): Promise<Identity> =>
  start({
    port: 0,
    hostname: '127.0.0.1',
    log: logger('identity', 'silent'),
    faults: true,
    webOrigins: [web],
    webSecret,
    cookieSecret: 'a-cookie-secret-of-this-test-and-nothing-else',
    ...more,
  })

const verifier = 'a-verifier-that-is-long-enough-for-RFC-7636-'
const challenge = createHash('sha256').update(verifier).digest('base64url')
const redirects = { web: `${web}/bff/callback`, mobile: app } as const

export type ClientId = keyof typeof redirects
export type Tokens = Readonly<Record<string, string>>

/** Both clients of an issuer, at the protocol level. */
export function clientsOf(issuer: string) {
  const authorization = (client: ClientId, more: Readonly<Record<string, string | undefined>> = {}): string => {
    const parameters = {
      client_id: client,
      response_type: 'code',
      redirect_uri: redirects[client],
      scope: 'openid profile email offline_access shop',
      prompt: client === 'mobile' ? 'consent' : undefined,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: 'state-of-this-login',
      ...more,
    }
    const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
    return `${issuer}/auth?${new URLSearchParams(given)}`
  }

  const post = (
    path: string,
    client: ClientId,
    fields: Readonly<Record<string, string>>,
    secret = webSecret,
    headers: Readonly<Record<string, string>> = {},
  ) =>
    fetch(issuer + path, {
      method: 'POST',
      body: new URLSearchParams(client === 'mobile' ? { client_id: 'mobile', ...fields } : fields),
      headers: client === 'web' ? { authorization: `Basic ${btoa(`web:${secret}`)}`, ...headers } : headers,
    })

  return {
    authorization,
    post,
    refresh: (client: ClientId, token: string, headers?: Readonly<Record<string, string>>) =>
      post('/token', client, { grant_type: 'refresh_token', refresh_token: token }, undefined, headers),
    redeem: (
      client: ClientId,
      page: Page,
      more: Readonly<Record<string, string>> = {},
      secret?: string,
      headers?: Readonly<Record<string, string>>,
    ) => {
      const code = new URL(page.url).searchParams.get('code') ?? ''
      const exchange = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirects[client],
        code_verifier: verifier,
      }
      return post('/token', client, { ...exchange, ...more }, secret, headers)
    },
    /** A complete sign-in. */
    async signIn(
      client: ClientId,
      browser: Browser,
      more: Readonly<Record<string, string | undefined>> = {},
    ): Promise<Tokens> {
      const page = await browser.follow(authorization(client, more))
      const answer = page.text === '' ? page : await logIn(browser, page)
      return (await (await this.redeem(client, answer)).json()) as Tokens
    },
  }
}

export const logIn = (browser: Browser, page: Page, { email, password } = people[0]!): Promise<Page> =>
  browser.submit(page, { login: email, password })

export const failure = async (answer: Response) => [answer.status, ((await answer.json()) as Tokens)['error']]

/** The parts of a JWT, unverified. */
export const decode = (jwt: string): readonly Readonly<Record<string, unknown>>[] =>
  jwt
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)
