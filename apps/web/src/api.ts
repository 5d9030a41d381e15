import type { catalog as Catalog } from '@bff/contracts/catalog'
import type { Session, Web } from '@bff/contracts/web'
import { type ClientProblem, cookie, createClient } from '@bff/gateway-core/client'
import type { Input, Once, Output } from '@bff/gateway-core/contract'
import { queryOptions } from '@tanstack/react-query'

const as = cookie()

export const bff = createClient<Web>({ as })
export const session = createClient<Session>({ as })
export const catalog = createClient<typeof Catalog>({ baseUrl: '/api/catalog' })

declare module '@tanstack/react-query' {
  interface Register {
    defaultError: ClientProblem
  }
}

type Read = Extract<Once<Web>, `GET ${string}`>
type Asked<K extends Read> = object extends Input<Web, K> ? [input?: Input<Web, K>] : [input: Input<Web, K>]

/** A BFF read as a query; its key starts with the operation's. */
export const read = <K extends Read>(key: K, ...input: Asked<K>) =>
  queryOptions({ queryKey: [key, ...input], queryFn: ({ signal }) => bff.with({ signal })(key, ...input) })

export type Card = Output<Web, 'GET /api/home'>['featured'][number]
export type Line = Output<Web, 'GET /api/orders/:id'>['lines'][number]
