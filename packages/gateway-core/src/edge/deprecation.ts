import type { Deprecated } from '../contract.ts'
import type { Compose, Exchange, Handler, Route } from '../exchange.ts'
import { problem } from '../problem.ts'

/** What every answer of an operation says that will be no more. */
export interface DeprecationFields {
  /** RFC 9745: `@1735689600`, the seconds of a structured date. */
  readonly deprecation: string
  /** RFC 8594, as an IMF-fixdate. */
  readonly sunset?: string
  readonly link?: string
}

/** What a declaration cannot mean, one sentence each. */
export function faultsOfDeprecated({ since, sunset, link }: Deprecated): string[] {
  return [
    isDate(since) ? '' : `since: ${JSON.stringify(since)} is no date like 2027-01-31T00:00:00Z`,
    sunset === undefined || isDate(sunset)
      ? ''
      : `sunset: ${JSON.stringify(sunset)} is no date like 2027-01-31T00:00:00Z`,
    sunset !== undefined && isDate(since) && isDate(sunset) && Date.parse(sunset) < Date.parse(since)
      ? `sunset: ${sunset} is before since, ${since} (RFC 9745 §4)`
      : '',
    link === undefined || isLink(link) ? '' : `link: ${JSON.stringify(link)} is no address`,
  ].filter((fault) => fault !== '')
}

/** Made once: what they say is the same for every answer. */
export function fieldsOf({ since, sunset, link }: Deprecated): DeprecationFields {
  const relations = sunset === undefined ? ['deprecation'] : ['deprecation', 'sunset']
  return {
    deprecation: `@${Date.parse(since) / 1_000}`,
    ...(sunset !== undefined && { sunset: new Date(sunset).toUTCString() }),
    ...(link !== undefined && { link: relations.map((rel) => `<${link}>; rel="${rel}"`).join(', ') }),
  }
}

/**
 * Has a route say what its contract says of its end: made for `routes.map(deprecation())`; one that will stay is handed back
 * as it is. Until the sunset it answers as ever, with `DeprecationFields` on what it answers; from then on with the 410
 * `endpoint-retired`, whoever asks. `clock` is in epoch ms; `used` is told of each request that is answered
 * or refused for its end. Throws a `TypeError` that lists what `faultsOfDeprecated` finds.
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

/** On the problems that it throws as well. */
function answering(handle: Handler, fields: DeprecationFields, seen: Seen): Handler {
  const all: readonly [name: string, value: string][] = Object.entries(fields)
  return (exchange, req, res, grant) => {
    seen(exchange)
    for (const [name, value] of all) res.setHeader(name, value)
    return handle(exchange, req, res, grant)
  }
}

/** What the answer says itself wins, as in `writeHead`. */
const composing =
  (compose: Compose, fields: DeprecationFields, seen: Seen): Compose =>
  async (exchange, input, grant) => {
    seen(exchange)
    const answer = await compose(exchange, input, grant)
    return { ...answer, headers: { ...fields, ...answer.headers } }
  }

/** A day that no month has becomes another one when it is read. */
function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString() === text.replace('Z', '.000Z')
}

/** Absolute, or a path of this server. No character that would end it inside the field. */
const isLink = (text: string): boolean =>
  /^(?:https?:\/\/|\/)[\x21-\x7e]*$/.test(text) && !/[<>"\\]/.test(text) && URL.canParse(text, 'http://here')
