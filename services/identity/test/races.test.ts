import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { logger } from '@bff/service-kit'
import type { Provider } from 'oidc-provider'
import { openAccounts } from '../src/accounts.ts'
import { backchannel } from '../src/backchannel.ts'
import { people } from '../src/data.ts'
import { type Ended, families } from '../src/families.ts'
import { resource } from '../src/grant.ts'
import { signingKey } from '../src/keys.ts'
import { lifetimes } from '../src/lifetimes.ts'
import { memories } from '../src/memory.ts'
import { providers } from '../src/provider.ts'
import { rotation } from '../src/rotation.ts'
import type { Tokens } from './shop.ts'

/** Half with a grace, half without. `REFRESH_RACES=10000 npm test -w services/identity -- races` runs ten times as many. */
const races = Number(process.env['REFRESH_RACES'] ?? 1_000) / 2
const sideBySide = 20
const runners = 4

/** The token endpoint on a socket; sign-ins skip the login pages. */
async function endpoint(grace: number) {
  let handler: (req: IncomingMessage, res: ServerResponse) => void = () => undefined
  const server = createServer((req, res) => handler(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const turns = rotation({ grace })
  const log = logger('identity', 'silent')
  const web = { webOrigins: ['http://localhost:5173'], webSecret: 'a-secret-of-this-test-and-nothing-else' }
  const fixed = {
    issuer,
    adapter: memories(turns.adapter),
    lifetimes,
    cookieSecret: 'a-cookie-secret-of-this-test-and-nothing-else',
    ...web,
  }
  const accounts = await openAccounts(people)
  const open = providers({ ...fixed, accounts, rotation: turns, backchannel: backchannel({ log }) })
  const provider = await open([await signingKey()])
  const ended: Ended[] = []
  families((one) => ended.push(one))(provider)
  handler = provider.callback()
  return {
    ended,
    signIn: () => signIn(provider),
    refresh: (token: string, client = 'mobile') => refresh(issuer, token, client),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function signIn(provider: Provider): Promise<string> {
  const client = (await provider.Client.find('mobile'))!
  const grant = new provider.Grant({ accountId: 'cus_ada', clientId: 'mobile' })
  grant.addResourceScope(resource.id, resource.scope)
  const grantId = await grant.save()
  const of = { client, accountId: 'cus_ada', grantId, gty: 'authorization_code', resource: resource.id }
  return new provider.RefreshToken({ ...of, scope: resource.scope }).save()
}

async function refresh(issuer: string, refresh_token: string, client_id: string): Promise<Tokens | string> {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token, client_id })
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body })
  const tokens = (await answer.json()) as Tokens
  return answer.ok ? tokens : tokens['error']!
}

/** Runs all races, some in parallel. */
async function run(race: () => Promise<void>): Promise<void> {
  let left = races
  const lane = async () => {
    while (left-- > 0) await race()
  }
  await Promise.all(Array.from({ length: sideBySide }, lane))
}

const dead = 'invalid_grant'
const won = (answers: readonly (Tokens | string)[]) => answers.filter((answer) => typeof answer !== 'string')

describe.each([
  ['with a grace', 5_000],
  ['without', 0],
])(`J-13: ${races} races for a refresh token, %s`, (_case, grace) => {
  let t: Awaited<ReturnType<typeof endpoint>>
  beforeAll(async () => {
    t = await endpoint(grace)
  })
  afterAll(async () => t[Symbol.asyncDispose]())

  it(
    'have one winner each, and no second use goes by unseen',
    async () => {
      const wrong: unknown[] = []
      await run(async () => {
        const token = await t.signIn()
        const answers = await Promise.all(Array.from({ length: runners }, () => t.refresh(token)))
        const pairs = new Set(won(answers).map((answer) => JSON.stringify(answer)))
        const [first] = won(answers)
        const { refresh_token: next = '' } = first ?? {}
        if (pairs.size !== 1 || won(answers).length !== (grace > 0 ? runners : 1)) wrong.push(answers)
        // The new pair has been used, so either this holder of the old token or the other one is a thief.
        const third = grace > 0 ? ((await t.refresh(next)) as Tokens)['refresh_token']! : next
        if (grace > 0) for (const old of [token, third]) if ((await t.refresh(old)) !== dead) wrong.push(old)
        if ((await t.refresh(third)) !== dead) wrong.push(third)
      })
      expect(wrong).toEqual([])
      expect(new Set(t.ended.map(({ grantId }) => grantId)).size).toBe(races)
      expect(t.ended.every(({ by }) => by === 'token')).toBe(true)
      // Every access token of a stolen sign-in is reported, however the race went.
      const told = t.ended.flatMap(({ accessTokens }) => accessTokens)
      expect(new Set(told).size).toBe(races * (grace > 0 ? 2 : 1))
    },
    races * 60 + 30_000,
  )
})
