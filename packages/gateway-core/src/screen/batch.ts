import type { ServerResponse } from 'node:http'
import { parseKey } from '../contract.ts'
import type { Composed, Exchange, Guard, Route } from '../exchange.ts'
import { receive } from '../receive.ts'
import { refusalOf } from '../scope.ts'
import { toProblem } from '../road/fault.ts'
import { type Asked, batchBody } from './batch-body.ts'
import { conclude, type Concluded } from './conclude.ts'

/** What only the running app has, and a batch needs. */
export interface BatchCore {
  /**
   * Answer a request that came inside of another, as if it had come alone: route, limits, gate, guard, contract. User,
   * deadline and trace are those of the outer one. Rejects with what the route would answer as a problem.
   */
  readonly dispatch: (
    outer: Exchange,
    inner: Pick<Asked, 'method' | 'headers'> & { readonly url: string; readonly body: unknown },
  ) => Promise<Composed>
}

export interface BatchSpec {
  /** Who may send one. Whoever may, each part still meets the guard of its own route. */
  readonly guard: Guard
  /** Parts of one batch. Default 10. */
  readonly most?: number
  /** Units of a rate limit that it takes beside its parts, which take theirs. Default: what the limit says. */
  readonly cost?: number
}

/** Of the whole request, in bytes. */
const maxBytes = 65_536

/** Headers of a part's answer that come along. Never a cookie: in a body, scripts could read it. */
const told = ['etag', 'location', 'retry-after', 'deprecation', 'sunset', 'link'] as const

/**
 * Several requests in one, for a client whose connection costs more than its questions: `{ parts: [{ id, method, path,
 * headers?, body? }] }` is answered 200 with `{ parts: [{ id, status, headers?, body? }] }`, in the order asked. Each part
 * fails alone, with the problem it would have got as its body. All run at once: what must come after another is no part of
 * the same batch. A batch cannot be a part, nor can what is streamed (`not-batchable`).
 *
 * 422 `validation` for what is no batch, and then no part has run; 413 `content-too-large` past 64 KiB.
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
          readonly body: readonly Asked[]
        }
        const answers = await Promise.all(parts.map((part) => answered(dispatch, exchange, part)))
        const refusal = refusalOf(exchange.scope)
        if (refusal !== undefined) throw refusal
        send(res, `{"parts":[${answers.join(',')}]}`)
      },
  }
}

/** One part and its answer as JSON. Never rejects: the others have nothing to do with it. */
async function answered(dispatch: BatchCore['dispatch'], exchange: Exchange, part: Asked): Promise<string> {
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
  const along = told.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  const said = along.length === 0 ? '' : `,"headers":${JSON.stringify(Object.fromEntries(along))}`
  return `{"id":${JSON.stringify(id)},"status":${status}${said}${text === undefined ? '' : `,"body":${text}`}}`
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
