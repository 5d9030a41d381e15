import type { Deprecated } from '../contract.ts'
import type { Compose, Exchange, Handler, Route } from '../exchange.ts'
import { problem } from '../problem.ts'

/** Headers on every response of a deprecated operation. */
export interface DeprecationFields {
  /** RFC 9745: `@1735689600`, a structured date in seconds. */
  readonly deprecation: string
  /** RFC 8594, as an IMF-fixdate. */
  readonly sunset?: string
  readonly link?: string
}

/** Faults of a declaration, one sentence each. */
export function faultsOfDeprecated({ since, sunset, link }: Deprecated): string[] {
  return [
    isDate(since) ? '' : `since: ${JSON.stringify(since)} is not a date like 2027-01-31T00:00:00Z`,
    sunset === undefined || isDate(sunset)
      ? ''
      : `sunset: ${JSON.stringify(sunset)} is not a date like 2027-01-31T00:00:00Z`,
    sunset !== undefined && isDate(since) && isDate(sunset) && Date.parse(sunset) < Date.parse(since)
      ? `sunset: ${sunset} is before since, ${since} (RFC 9745 §4)`
      : '',
    link === undefined || isLink(link) ? '' : `link: ${JSON.stringify(link)} is not an address`,
  ].filter((fault) => fault !== '')
}

/** Built once: every response has the same headers. */
export function fieldsOf({ since, sunset, link }: Deprecated): DeprecationFields {
  const relations = sunset === undefined ? ['deprecation'] : ['deprecation', 'sunset']
  return {
    deprecation: `@${Date.parse(since) / 1_000}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    ...(link !== undefined && { link: relations.map((rel) => `<${link}>; rel="${rel}"`).join(', ') }),
  }
}

/**
 * Announces the deprecation that a route's contract declares: made for `routes.map(deprecation())`; other routes are
 * returned unchanged. Until the sunset the route works as before, with `DeprecationFields` on its responses; from then
 * on everybody gets 410 `endpoint-retired`. `clock` is in epoch ms; `used` is called for each request answered or
 * refused. Throws a `TypeError` that lists what `faultsOfDeprecated` finds.
 */
export function deprecation(
  clock: () => number = Date.now,
  used: Used = () => undefined,
): <Core>(route: Route<Core>) => Route<Core> {
  return <Core>(route: Route<Core>) => {
    const deprecated =
      route.made !== undefined && 'operation' in route.made ? route.made.operation.deprecated : undefined
    return deprecated === undefined ? route : ending(route, deprecated, clock, used)
  }
}

type Used = (route: string, client?: string, version?: unknown) => void

function ending<Core>(route: Route<Core>, deprecated: Deprecated, clock: () => number, used: Used): Route<Core> {
  const faults = faultsOfDeprecated(deprecated)
  if (faults.length > 0)
    throw new TypeError(`${route.methods.join(', ')} ${route.path}: deprecated: ${faults.join('; ')}.`)
  const { sunset, link } = deprecated
  const fields = fieldsOf(deprecated)
  const end = sunset === undefined ? Infinity : Date.parse(sunset)
  const { bindCompose } = route
  const seen = ({ identity, headers }: Exchange) => used(route.path, identity?.client, headers['x-app-version'])
  return {
    ...route,
    guard: (exchange) => {
      if (clock() < end) return route.guard(exchange)
      seen(exchange)
      throw problem(410, 'endpoint-retired', {
        detail: 'This operation was deprecated and has been retired.',
        extra: link === undefined ? {} : { link },
        headers: { ...fields },
      })
    },
    bind: (core) => answering(route.bind(core), fields, seen),
    ...(bindCompose && { bindCompose: (core: Core) => composing(bindCompose(core), fields, seen) }),
  }
}

type Seen = (exchange: Exchange) => void

/** Set beforehand, so that thrown problems carry them as well. */
function answering(handle: Handler, fields: DeprecationFields, seen: Seen): Handler {
  const all: readonly [name: string, value: string][] = Object.entries(fields)
  return (exchange, req, res, grant) => {
    seen(exchange)
    for (const [name, value] of all) res.setHeader(name, value)
    return handle(exchange, req, res, grant)
  }
}

/** Headers of the response itself win, as in `writeHead`. */
const composing =
  (compose: Compose, fields: DeprecationFields, seen: Seen): Compose =>
  async (exchange, input, grant) => {
    seen(exchange)
    const answer = await compose(exchange, input, grant)
    return { ...answer, headers: { ...fields, ...answer.headers } }
  }

/** Round-trips the date, as `Date.parse` turns 30 February into 2 March. */
function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString() === text.replace('Z', '.000Z')
}

/** Absolute, or a path of this server; without characters that would end the link inside the header. */
const isLink = (text: string): boolean =>
  /^(?:https?:\/\/|\/)[\x21-\x7e]*$/.test(text) && !/[<>"\\]/.test(text) && URL.canParse(text, 'http://here')
