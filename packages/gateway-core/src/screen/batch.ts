import type { ServerResponse } from 'node:http'
import { parseKey } from '../contract.ts'
import type { Composed, Exchange, Guard, Route } from '../exchange.ts'
import { receive } from '../receive.ts'
import { refusalOf } from '../scope.ts'
import { toProblem } from '../road/fault.ts'
import { type BatchPart, batchBody } from './batch-body.ts'
import { conclude, type Concluded } from './conclude.ts'

/** What a batch needs of the running app. */
export interface BatchCore {
  /**
   * Answers an inner request as if it had come alone: route, limits, gate, guard, contract. User, deadline and trace
   * are the outer request's. Rejects with what the route would answer as a problem.
   */
  readonly dispatch: (
    outer: Exchange,
    inner: Pick<BatchPart, 'method' | 'headers'> & { readonly url: string; readonly body: unknown },
  ) => Promise<Composed>
}

export interface BatchSpec {
  /** Who may send a batch. Each part still meets the guard of its own route. */
  readonly guard: Guard
  /** Parts of one batch. Default 10. */
  readonly most?: number
  /** Rate limit units of the batch itself, on top of its parts'. Default: the limit's. */
  readonly cost?: number
}

/** Request size, in bytes. */
const maxBytes = 65_536

/** Headers passed on from a part's response. Never a cookie: scripts could read it in a body. */
const passedOn = ['etag', 'location', 'retry-after', 'deprecation', 'sunset', 'link'] as const

/**
 * Several requests in one, to save round trips: `{ parts: [{ id, method, path, headers?, body? }] }` is answered 200
 * with `{ parts: [{ id, status, headers?, body? }] }`, in request order. Each part fails alone, with its problem as
 * body. All run concurrently: requests that depend on each other do not belong in one batch. Batches and streams cannot
 * be parts (`not-batchable`).
 *
 * 422 `validation` for a malformed batch, before any part has run; 413 `content-too-large` past 64 KiB.
 */
export function batch(key: `POST /${string}`, { guard, most = 10, cost }: BatchSpec): Route<BatchCore> {
  const operation = { body: batchBody(most) }
  const { method, path } = parseKey(key)
  return {
    methods: [method],
    path,
    guard,
    cost,
    made: { door: 'own', summary: `Up to ${most} requests in one` },
    bind:
      ({ dispatch }) =>
      async (exchange, req, res) => {
        const { body: parts } = (await receive(operation, req, exchange, maxBytes)) as {
          readonly body: readonly BatchPart[]
        }
        const answers = await Promise.all(parts.map((part) => answered(dispatch, exchange, part)))
        const refusal = refusalOf(exchange.scope)
        if (refusal !== undefined) throw refusal
        send(res, `{"parts":[${answers.join(',')}]}`)
      },
  }
}

/** Answers one part as JSON. Never rejects: parts are independent. */
async function answered(dispatch: BatchCore['dispatch'], exchange: Exchange, part: BatchPart): Promise<string> {
  const { id, method, path: url, headers, body } = part
  try {
    return written(id, conclude(await dispatch(exchange, { method, url, headers, body }), method, headers))
  } catch (error) {
    const failed = toProblem(error)
    const { traceId, log } = exchange
    if (failed.status >= 500) log.warn({ traceId, part: id, err: failed }, 'part of a batch failed')
    const text = JSON.stringify(failed.body(traceId))
    return written(id, { status: failed.status, headers: failed.options.headers ?? {}, text })
  }
}

function written(id: string, { status, headers, text }: Concluded): string {
  const along = passedOn.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  const headersJson = along.length === 0 ? '' : `,"headers":${JSON.stringify(Object.fromEntries(along))}`
  return `{"id":${JSON.stringify(id)},"status":${status}${headersJson}${text === undefined ? '' : `,"body":${text}`}}`
}

function send(res: ServerResponse, text: string): void {
  if (res.destroyed) return
  res.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  })
  res.end(text)
}
