import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { can, open, signedIn } from '../../auth/guards.ts'
import type { Contract, Operation } from '../../contract.ts'
import type { Guard, Route } from '../../exchange.ts'
import { compensated, each, gateway, stale } from '../../index.ts'
import type { Policy } from '../../policy.ts'
import { problem } from '../../problem.ts'
import { audit, factsOf, rules, unaccepted } from './audit.ts'
import type { Facts, Finding } from './finding.ts'

const Item = z.object({ id: z.string(), name: z.string() })

const sources = {
  items: {
    'GET /items': { out: z.object({ items: z.array(Item) }) },
    'GET /items/:id': {
      out: Item,
      errors: { gone: 404 },
      batch: { by: 'GET /items', ids: 'ids', items: 'items', id: 'id', missing: 'gone' },
    },
    'POST /items': { body: Item, out: Item },
  },
} as const satisfies Record<string, Contract>

type From = Record<'items', (key: string, input?: object) => Promise<never>>
type Parts = (request: { readonly from: From; readonly params: Readonly<Record<string, string>> }) => object

interface Screen {
  readonly key?: string
  readonly guard?: Guard
  readonly operation?: Operation
  readonly policy?: Policy
  readonly deadline?: number
  readonly budget?: { readonly bytes: number; readonly calls: number; readonly p95: number } | undefined
  readonly parts?: Parts
  readonly view?: (parts: never) => unknown
  readonly app?: string
}

const fair = { bytes: 1_000, calls: 2, p95: 50 }
const plain: Parts = ({ from }) => ({ items: from.items('GET /items') })
const empty = () => ({})

/** One app with one screen that passes every rule, except for `given`. */
function facts(given: Screen = {}): Promise<Facts> {
  const { key = 'GET /api/items', guard = signedIn, policy = {}, deadline: budget = 5_000, app = 'web-bff' } = given
  const operation = { summary: 'All items', out: z.object({}), ...given.operation }
  const made = gateway({ [key]: operation }, sources, { items: policy }, { budget })
  const screen = made.screen as unknown as (key: string, spec: object) => Route<never>
  const spec = {
    guard,
    budget: 'budget' in given ? given.budget : fair,
    parts: given.parts ?? plain,
    view: given.view ?? empty,
  }
  return factsOf(app, [screen(key, spec)], made.estate, () => Date.parse('2027-06-01T00:00:00Z'))
}

/** One app with one forward. */
function forwarding(guard: Guard, methods: readonly ('GET' | 'PUT')[], policy: Policy = {}): Promise<Facts> {
  const { forward, estate } = gateway({}, sources, { items: policy })
  return factsOf('web-bff', [forward('/api/files', 'items', { guard, methods })], estate)
}

const ids = (found: readonly Finding[]): string[] => found.map(({ id }) => id)

const ask =
  (...keys: string[]): Parts =>
  ({ from }) =>
    Object.fromEntries(keys.map((key, i) => [`p${i}`, from.items(key, { id: String(i), body: { id: '', name: '' } })]))

interface Case {
  readonly id: string
  readonly wrong: () => Promise<Facts>
  readonly right: () => Promise<Facts>
  readonly says: string
}

const oneByOne: Parts = ({ from }) => ({
  items: from.items('GET /items/:id', { id: '1' }).then(() => from.items('GET /items/:id', { id: '2' })),
})
const gatheredParts: Parts = ({ from }) => ({ items: each(['1', '2'], (id) => from.items('GET /items/:id', { id })) })
const twoWrites = ask('POST /items', 'POST /items')
const undone: Parts = ({ from }) => ({
  first: from.items('POST /items', { body: {} }),
  second: compensated(from.items('POST /items', { body: {} }) as never, () => Promise.resolve()),
})
const kept = { cache: { maxAge: 1_000, staleIfError: 60_000 } }

const cases: readonly Case[] = [
  {
    id: 'A-00',
    wrong: () => facts({ parts: ({ from }) => ({ x: from.items('GET /nothing') }) }),
    right: () => facts(),
    says: 'items has no operation GET /nothing',
  },
  {
    id: 'A-00',
    wrong: () =>
      facts({
        guard: () => {
          throw problem(403, 'forbidden')
        },
      }),
    right: () => facts({ guard: can('items:read') }),
    says: 'its guard refuses the sample',
  },
  {
    id: 'A-01',
    wrong: () => facts({ guard: open }),
    right: () => facts({ guard: open, operation: { auth: 'open' } }),
    says: 'its guard is open, its contract is not',
  },
  {
    id: 'A-01',
    wrong: () => facts({ operation: { auth: 'open' } }),
    right: () => facts({ guard: can('items:read') }),
    says: 'its contract is open, its guard is not',
  },
  {
    id: 'A-02',
    wrong: () => facts({ guard: open, operation: { auth: 'open' }, policy: { token: 'user' } }),
    right: () => facts({ policy: { token: 'user', cache: { maxAge: 1_000 } } }),
    says: 'it is open, and items needs a user',
  },
  {
    id: 'A-02',
    wrong: () => forwarding(open, ['GET'], { token: 'user' }),
    right: () => forwarding(signedIn, ['GET'], { token: 'user' }),
    says: 'it is open, and items needs a user',
  },
  { id: 'A-03', wrong: () => facts({ budget: undefined }), right: () => facts(), says: 'it has no budget' },
  {
    id: 'A-04',
    wrong: () => facts({ parts: ask('GET /items', 'GET /items', 'GET /items') }),
    right: () => facts({ parts: ask('GET /items', 'GET /items') }),
    says: 'it makes 3 calls, its budget is 2',
  },
  {
    id: 'A-05',
    wrong: () => facts({ parts: oneByOne, policy: { timeout: 800 }, deadline: 1_500 }),
    right: () => facts({ policy: { timeout: 800 }, deadline: 1_500 }),
    says: 'items GET /items/:id → items GET /items/:id (2) may take 1600 ms, the deadline is 1500 ms',
  },
  {
    id: 'A-06',
    wrong: () => facts({ key: 'POST /api/items', parts: twoWrites }),
    right: () => facts({ key: 'POST /api/items', parts: undone }),
    says: 'it writes 2 times (items POST /items)',
  },
  {
    id: 'A-07',
    wrong: () => facts({ policy: kept }),
    right: () =>
      facts({
        policy: kept,
        operation: { stale: ['items'] },
        parts: ({ from }) => ({ items: stale(from.items('GET /items') as never) }),
      }),
    says: 'items may answer "items" with stale data, and clients are not told',
  },
  {
    id: 'A-08',
    wrong: () => facts({ parts: oneByOne }),
    right: () => facts({ parts: gatheredParts }),
    says: 'items GET /items/:id is called 2 times, though `GET /items` answers many',
  },
  {
    id: 'A-09',
    wrong: async () => ({ ...(await facts()), plans: [] }),
    right: () => facts(),
    says: 'no route answers it',
  },
  {
    id: 'A-10',
    wrong: () => facts({ policy: { attempts: 3, hedge: {} } }),
    right: () => facts({ policy: { attempts: 2, hedge: {} } }),
    says: 'one call becomes up to 6 requests at items',
  },
  {
    id: 'A-10',
    wrong: () => forwarding(signedIn, ['GET', 'PUT'], { attempts: 5 }),
    right: () => forwarding(signedIn, ['GET', 'PUT'], { attempts: 5, retryBudget: 0 }),
    says: 'one call becomes up to 5 requests at items',
  },
  {
    id: 'A-11',
    wrong: () => forwarding(open, ['GET', 'PUT']),
    right: () => forwarding(signedIn, ['GET', 'PUT']),
    says: 'anybody may PUT',
  },
  {
    id: 'A-12',
    wrong: () => facts({ operation: { deprecated: { since: '2027-01-01T00:00:00Z' } } }),
    right: () =>
      facts({ operation: { deprecated: { since: '2027-01-01T00:00:00Z', sunset: '2027-12-31T00:00:00Z' } } }),
    says: 'it is deprecated without a sunset',
  },
  {
    id: 'A-12',
    wrong: () =>
      facts({ operation: { deprecated: { since: '2026-01-01T00:00:00Z', sunset: '2027-01-31T00:00:00Z' } } }),
    right: () => facts(),
    says: 'it ended on 2027-01-31T00:00:00Z',
  },
  { id: 'A-13', wrong: () => facts({ operation: { summary: ' ' } }), right: () => facts(), says: 'it has no summary' },
]

describe('audit', () => {
  it('finds nothing in an app that keeps every rule', async () => {
    expect(audit(await facts())).toEqual([])
  })

  it.each(cases)('$id: $says', async ({ id, wrong, right, says }) => {
    const found = audit(await wrong()).filter((one) => one.id === id)
    expect(found).toHaveLength(1)
    expect(found[0]!.sentence).toContain(says)
    expect(ids(audit(await right()))).toEqual([])
  })

  it('A-02: users that would share an answer of an upstream that knows them', async () => {
    const known = await facts({ policy: { token: 'user' } })
    const plans = known.plans.map((plan) =>
      plan.door === 'screen'
        ? { ...plan, calls: plan.calls.map((call) => ({ ...call, coalesced: ['url' as const] })) }
        : plan,
    )
    expect(audit({ ...known, plans })).toMatchObject([
      { id: 'A-02', sentence: 'users share answers of items, though it gets user tokens' },
    ])
  })

  it('A-14: a view of another app, copied', async () => {
    const view = ({ items }: { items: { items: { id: string; name: string }[] } }) => ({
      all: items.items.map((item) => ({
        identity: item.id,
        calledByItsName: item.name,
        shownFirst: item.id === '1',
        shownLast: item.id === '2',
        shownAtAll: item.id !== '',
      })),
    })
    const [web, mobile] = [await facts({ view }), await facts({ view, app: 'mobile-bff' })]
    const short = await facts({ app: 'mobile-bff' })
    expect(audit(web, [mobile])).toMatchObject([
      { id: 'A-14', app: 'web-bff', sentence: 'it copies the view of mobile-bff GET /api/items, word for word' },
    ])
    expect(audit(mobile, [web])).toEqual([])
    expect(audit(web, [short])).toEqual([])
  })

  it('says where, how bad it is, and what to do', async () => {
    const [found] = audit(await facts({ budget: undefined }))
    expect(found).toMatchObject({ app: 'web-bff', route: 'GET /api/items', severity: 'duty', mend: expect.any(String) })
    expect(found!.place).toMatch(/^audit\/audit\.test\.ts:\d+$/)
  })

  it('has a case for each rule', () => {
    const tested = new Set([...cases.map(({ id }) => id), 'A-14'])
    expect(rules.map(({ id }) => id)).toEqual([...tested].toSorted())
  })
})

describe('unaccepted', () => {
  const finding = async () => audit(await facts({ budget: undefined }))
  const accepted = { id: 'A-03', route: 'GET /api/items', reason: 'it is gone next week' }

  it('takes away what is meant to be', async () => {
    expect(unaccepted('web-bff', await finding(), [accepted])).toEqual([])
  })

  it('A-15: does not take away the same rule elsewhere, and says that nothing is there', async () => {
    const left = unaccepted('web-bff', await finding(), [{ ...accepted, route: 'GET /api/others' }])
    expect(ids(left)).toEqual(['A-03', 'A-15'])
  })

  it('A-15: wants a reason', async () => {
    const left = unaccepted('web-bff', await finding(), [{ ...accepted, reason: ' ' }])
    expect(left).toMatchObject([{ id: 'A-15', sentence: 'A-03 is accepted without a reason' }])
  })
})
