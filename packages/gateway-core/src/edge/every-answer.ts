import { ServerResponse, type OutgoingHttpHeaders } from 'node:http'
import type { Express, RequestHandler, Response } from 'express'

/** The fields of an answer as they leave; what was set one by one stands in the response. */
export type Last = (fields: OutgoingHttpHeaders, res: ServerResponse) => OutgoingHttpHeaders

const identity: Last = (fields) => fields

/**
 * Headers that every answer of an app carries, whoever makes it: a door, a problem, a file. All of them pass `writeHead`,
 * where constant headers cost a twentieth of what setting them one by one does. So do those of a rate limit
 * (`res.locals.fields`). What an answer says itself wins, but for what `last` takes away.
 */
export function everyAnswer(app: Express, always: Readonly<Record<string, string>>, last: Last = identity): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with the response each time
  const { writeHead } = ServerResponse.prototype
  app.response.writeHead = function (this: Response, status: number, ...rest: unknown[]) {
    const own = (typeof rest[0] === 'string' ? rest[1] : rest[0]) as OutgoingHttpHeaders | undefined
    return writeHead.call(this, status, last({ ...unset(this, always), ...this.locals['fields'], ...own }, this))
  } as Express['response']['writeHead']
}

/** What a middleware that only sets headers would set, found out once. */
export function headersOf(middleware: RequestHandler): Readonly<Record<string, string>> {
  const set: Record<string, string> = {}
  const res = {
    setHeader: (name: string, value: string) => void (set[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  }
  middleware({} as never, res as never, () => undefined)
  return set
}

const unset = (res: ServerResponse, always: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  res.getHeaderNames().length === 0
    ? always
    : Object.fromEntries(Object.entries(always).filter(([name]) => !res.hasHeader(name)))
