import type { Guard, Route, User } from '../exchange.ts'
import { gateway } from '../gateway.ts'
import { all, can, open, owns, signedIn, stepUp } from './guards.ts'

const { screen, forward, batch } = gateway({ 'GET /plain': {}, 'GET /own/:id': {} }, {}, {})

declare const inTenant: Guard<{ tenant: string }>

screen('GET /plain', {
  guard: all(signedIn, can('read'), inTenant, stepUp({ maxAge: 300_000 })),
  parts: ({ user, tenant }) => {
    const both: { readonly user: User; readonly tenant: string } = { user, tenant }
    void both
    // @ts-expect-error a grant is what it is
    const wrong: number = tenant
    void wrong
    return {}
  },
  view: () => undefined,
})

screen('GET /plain', {
  guard: all(open),
  // @ts-expect-error none of them grants a user
  parts: ({ user }) => ({ user }),
  view: () => undefined,
})

screen('GET /own/:id', { guard: owns('id'), parts: ({ user }) => ({ user }), view: () => undefined })
screen('GET /own/:id', {
  guard: owns((user, { params }) => user.claims['tenant'] === params['id'], { refuse: 403 }),
  parts: () => ({}),
  view: () => undefined,
})

// @ts-expect-error of no guard at all it would let anybody in
all()

// @ts-expect-error 401 is for those who have not said who they are
owns('id', { refuse: 401 })

// @ts-expect-error no screen without a guard
screen('GET /plain', { parts: () => ({}), view: () => undefined })

// @ts-expect-error no forward without one
forward('/files', 'files', {})

// @ts-expect-error no batch without one
batch('POST /batch', {})

// @ts-expect-error no route of one's own without one
export const route: Route<unknown> = { methods: ['GET'], path: '/', bind: () => () => undefined }

// @ts-expect-error a guard that says yes or no grants nothing
export const yes: Guard = ({ path }) => path === '/'
