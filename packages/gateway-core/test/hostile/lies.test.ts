import { afterEach, describe, expect, it } from '@jest/globals'
import { browser } from '../browser.ts'
import { answers, beforehand, idTokens, keySets, outcomes, pushes, redirects, stepUps, type Told } from './lies.ts'
import { isSignedIn, leaked, setUp, type SetUp } from './set-up.ts'

let bff: SetUp

afterEach(async () => {
  await bff[Symbol.asyncDispose]()
})

/** The documented refusal, one line that says why, no session, and nothing of the provider's in either. */
async function expectRefusal([, outcome, reason]: Told, someone = browser(), address = `${bff.url}/bff/login`) {
  const [status, code, msg] = outcomes[outcome]
  const response = await someone.request(address)
  const text = await response.text()
  expect({ status: response.status, ...(JSON.parse(text) as object) }).toMatchObject({ status, code })
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(bff.said()).toEqual([expect.objectContaining({ level: 40, msg, reason: expect.stringMatching(reason) })])
  expect([leaked(bff, bff.written.join('')), leaked(bff, text)]).toEqual([[], []])
  expect(`${bff.said()[0]!.reason}${text}`).not.toMatch(/[<>]|javascript:|evil/)
  expect(response.headers.getSetCookie().join()).not.toContain('sid=')
  expect(await isSignedIn(bff, someone)).toBe(false)
}

async function expectRefusalOfCallback(told: Told, query?: Record<string, string>) {
  bff = await setUp(told[3])
  const someone = browser()
  await expectRefusal(told, someone, await bff.toCallback(someone, query))
}

describe('D-01: a provider that cannot be logged in at', () => {
  it.each(beforehand)('%s', async (...told) => {
    bff = await setUp(told[3])
    await expectRefusal(told)
    expect(bff.idp.asked.map(({ path }) => path)).toEqual(['/.well-known/openid-configuration'])
  })

  it('is asked again, and works once it tells the truth', async () => {
    bff = await setUp({ metadata: (all) => delete all['code_challenge_methods_supported'] })
    expect((await browser().request(`${bff.url}/bff/login`)).status).toBe(503)
    bff.idp.lie = {}
    await bff.signIn()
  })
})

describe('D-01: pushed requests', () => {
  it.each(pushes)('%s', async (...told) => {
    bff = await setUp(told[3])
    bff.idp.pushed = true
    await expectRefusal(told)
    // Not by the way that was to be avoided either.
    expect(bff.idp.asked.map(({ path }) => path)).toEqual(['/.well-known/openid-configuration', '/par'])
  })
})

describe('D-01: the way back', () => {
  it.each(redirects)('%s', async (...told) => {
    await expectRefusalOfCallback(told)
    const redeemed = bff.idp.asked.filter(({ path }) => path === '/token').length
    expect(redeemed).toBe(told[0] === 'another code' ? 1 : 0)
  })
})

describe('D-01: the token endpoint', () => {
  it.each(answers)('%s', async (...told) => {
    await expectRefusalOfCallback(told)
    expect(bff.idp.asked.map(({ path }) => path)).not.toContain('/stolen')
  })
})

describe('D-01: the ID token', () => {
  it.each(idTokens)('%s', async (...told) => {
    await expectRefusalOfCallback(told)
  })

  it.each(stepUps)('of a step-up: %s', async (...told) => {
    await expectRefusalOfCallback(told, { max_age: '60', acr: 'otp hardware' })
  })
})

describe('D-01: the keys', () => {
  it.each(keySets)('%s', async (...told) => {
    await expectRefusalOfCallback(told)
  })
})

describe('D-01: codes', () => {
  it('S-3: is good once, whatever the provider thinks, and the session of the first use lives on', async () => {
    bff = await setUp({ careless: true })
    const someone = browser()
    const callback = await bff.toCallback(someone)
    const [name, value] = [...someone.cookies(bff.url)].find(([key]) => key.includes('tx-'))!
    expect((await someone.request(callback)).status).toBe(303)
    someone.cookies(bff.url).set(name, value)
    expect(await (await someone.request(callback)).json()).toMatchObject({ code: 'login-expired' })
    expect(bff.idp.asked.filter(({ path }) => path === '/token')).toHaveLength(1)
    expect(await isSignedIn(bff, someone)).toBe(true)
  })

  it('S-3: is good once for all processes that share a store', async () => {
    bff = await setUp({ careless: true })
    // A store that is not the memory of one process.
    const { local: _, ...shared } = bff.store
    bff.restart({ store: shared })
    const someone = browser()
    const callback = await bff.toCallback(someone)
    const [name, value] = [...someone.cookies(bff.url)].find(([key]) => key.includes('tx-'))!
    expect((await someone.request(callback)).status).toBe(303)
    bff.restart({ store: shared })
    someone.cookies(bff.url).set(name, value)
    expect(await (await someone.request(callback)).json()).toMatchObject({ code: 'login-expired' })
  })

  it.each([
    ['C-03, S-4: of somebody else, by the verifier', {}],
    ['C-03, S-4: of somebody else, by the nonce, where the provider ignores PKCE', { careless: true as const }],
  ])('%s', async (_, lie) => {
    bff = await setUp(lie)
    const [mallory, victim] = [browser(), browser()]
    const stolen = new URL(await bff.toCallback(mallory)).searchParams.get('code')!
    const callback = new URL(await bff.toCallback(victim))
    callback.searchParams.set('code', stolen)
    await expectRefusal(['', 'failed', /invalid_grant|nonce/, {}], victim, callback.href)
  })
})
