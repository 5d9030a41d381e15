import { Customer } from '@bff/contracts/customers'
import { problem } from '@bff/gateway-core/problem'
import { logger, type Running, type Verify } from '@bff/service-kit'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { start } from '../src/app.ts'

const verify: Verify = (_kind, authorization) => {
  const id = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1]
  return id === undefined ? Promise.reject(problem(401, 'token-missing')) : Promise.resolve({ id })
}

let running: Running

beforeAll(async () => {
  running = await start({ port: 0, hostname: '127.0.0.1', log: logger('customers', 'silent'), faults: false, verify })
})

afterAll(async () => {
  await running[Symbol.asyncDispose]()
})

async function profile(id: string, caller?: string) {
  const answer = await fetch(`${running.url}/customers/${id}`, {
    headers: caller === undefined ? {} : { authorization: `Bearer ${caller}` },
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

it.each([
  ['cus_ada', 'Ada', 'Lovelace'],
  ['cus_grace', 'Grace', 'Hopper'],
  ['cus_alan', 'Alan', 'Turing'],
])('%s reads her or his own profile', async (id, givenName, familyName) => {
  const { status, body } = await profile(id, id)
  expect(status).toBe(200)
  const customer = Customer.strict().parse(body)
  expect(customer).toMatchObject({ id, givenName, familyName })
  expect(customer.addresses.filter(({ isDefault }) => isDefault)).toHaveLength(1)
})

it("does not find somebody else's profile, nor one that nobody has", async () => {
  const other = await profile('cus_ada', 'cus_grace')
  const nobody = await profile('cus_none', 'cus_grace')
  const stranger = await profile('cus_none', 'cus_none')
  for (const { status, body } of [other, nobody, stranger]) {
    expect([status, body['code']]).toEqual([404, 'customer-not-found'])
  }
  const { traceId: _1, ...first } = other.body
  const { traceId: _2, ...second } = nobody.body
  expect(first).toEqual(second)
})

it('wants to know who asks', async () => {
  expect(await profile('cus_ada')).toMatchObject({ status: 401, body: { code: 'token-missing' } })
})
