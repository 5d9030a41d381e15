import type { Operation } from '../contract.ts'
import type { Composed } from '../exchange.ts'
import { cacheControl } from './head/cache-control.ts'
import { dependsOn } from './head/depends-on.ts'
import { exposed, type Exposed } from './head/exposed.ts'
import { serverTiming } from './head/server-timing.ts'
import { vary } from './head/vary.ts'
import type { Run } from './run.ts'
import type { Outcome } from './settle.ts'

/** What all responses of a screen share. */
export interface Head {
  readonly status: number
  readonly isRead: boolean
  readonly dependsOn: readonly string[]
  readonly vary: string | undefined
  readonly expose: Exposed | undefined
  readonly own: ((view: never) => Readonly<Record<string, string>>) | undefined
}

export interface HeadSpec {
  readonly expose?: Exposed | undefined
  readonly headers?: ((view: never) => Readonly<Record<string, string>>) | undefined
}

/** `credentials`: request headers that identify the user. */
export function headFor(operation: Operation, isRead: boolean, spec: HeadSpec, credentials: readonly string[]): Head {
  const names = dependsOn(operation, credentials)
  return {
    status: operation.status ?? (operation.out === undefined ? 204 : 200),
    isRead,
    dependsOn: names,
    vary: vary(names),
    expose: spec.expose,
    own: spec.headers,
  }
}

/** Status and headers of one response. Responses to writes are never cached. */
export function headOf(head: Head, run: Run, outcome: Outcome<unknown>, view: unknown): Omit<Composed, 'body'> {
  const { exchange, heard } = run
  const headers: Record<string, string | string[]> = head.expose === undefined ? {} : exposed(head.expose, heard)
  const statuses = Object.values(outcome.statuses)
  headers['cache-control'] = head.isRead
    ? cacheControl({
        heard,
        signedIn: exchange.identity !== undefined,
        setsCookie: headers['set-cookie'] !== undefined,
        fallback: statuses.includes('fallback'),
        stale: statuses.includes('stale'),
      })
    : 'no-store'
  const varies = exchange.chosenBy.length === 0 ? head.vary : vary([...head.dependsOn, ...exchange.chosenBy])
  if (varies !== undefined && head.isRead) headers['vary'] = varies
  headers['server-timing'] = serverTiming(timings(outcome), performance.now() - run.start)
  return { status: head.status, headers: head.own === undefined ? headers : { ...headers, ...head.own(view as never) } }
}

const timings = ({ took, statuses }: Outcome<unknown>) =>
  Object.entries(took).map(([name, ms]) => ({ name, ms, status: statuses[name] ?? ('ok' as const) }))
