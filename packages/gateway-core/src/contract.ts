import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Any validator that speaks Standard Schema (zod, valibot, arktype, …). */
export type Schema = StandardSchemaV1

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Identifies an operation everywhere: `GET /orders/:id`. */
export type Key = `${Method} /${string}`

export interface Operation {
  /** One line of documentation. */
  readonly summary?: string
  /** Who may call it. Absent: `user`, an authenticated caller. */
  readonly auth?: 'open' | 'user' | 'service'
  readonly params?: Schema
  /** Absent: a query string is ignored. Values arrive as `string`, or `string[]` where a name repeats. */
  readonly query?: Schema
  /** Lower-case names. */
  readonly headers?: Schema
  /** JSON. Absent: a request with a body is refused. */
  readonly body?: Schema
  /** JSON. Absent: the response has no body (204). */
  readonly out?: Schema
  /** Success status. Absent: 200, or 204 without `out`. */
  readonly status?: number
  /**
   * Every problem code the operation may answer with, and its status. Any other upstream problem counts as a failure of
   * the service.
   */
  readonly errors?: Readonly<Record<string, number>>
  /** Parts of this screen that may be missing; the response reports them in `meta.parts`. */
  readonly optional?: readonly string[]
  /** Parts of this screen that may be served stale; `meta.parts` reports that too. */
  readonly stale?: readonly string[]
  /**
   * Streams responses of type `out`, as server-sent events or newline-delimited JSON. `numbered`: each has an
   * increasing number, and a client that reconnects with the last one it knows gets what it missed.
   */
  readonly streams?: true | 'numbered'
  /** Long polling: responds as soon as there is something new. Never cached, and without an ETag. */
  readonly polls?: true
  /** Pushes events over a WebSocket as they happen; `out` is one event. See `Followed` for what a follower receives. */
  readonly feed?: Feed
  /** How a service is asked for many of these in one call. */
  readonly batch?: Batch
  /** Deprecated operations still answer, until their sunset. */
  readonly deprecated?: Deprecated
}

/** The batch form of `GET /products/:id`: `GET /products?ids=a&ids=b`. */
export interface Batch {
  readonly by: Key
  /** Name of the query parameter. */
  readonly ids: string
  /** Response member that holds the items found, in any order; each must equal the response of the single operation. */
  readonly items: string
  /** Member of an item that matches the operation's parameter of the same name. */
  readonly id: string
  /** The operation's declared error for an id that is not among the items. */
  readonly missing: string
  /** Ids per call. Default 100. */
  readonly most?: number
}

/** How to subscribe to a service. Refusals are HTTP responses, before the upgrade. */
export interface Feed {
  /** Name of the query parameter for the last known number. */
  readonly after: string
  /** JSON. */
  readonly message: Schema
  /** Interprets a message. Pure. */
  readonly read: (message: never) => Said
  /** Close codes that are an answer, mapped to the declared error each stands for. After any other, reconnect. */
  readonly closes?: Readonly<Record<number, string>>
}

/** An event, with an increasing number; or the end of the backlog, with the number of its last event. */
export type Said = { readonly rev: number; readonly item: unknown } | { readonly live: number }

/** What a follower of a feed receives. */
export type Followed<T> =
  | { readonly type: 'item'; readonly rev: number; readonly item: T }
  /** The backlog is complete up to `rev`. `item` is the newest item, even if it was delivered before. */
  | { readonly type: 'live'; readonly rev: number; readonly item: T | undefined }
  /** Some items are no longer available: read the resource again. Items newer than `rev` follow. */
  | { readonly type: 'resync'; readonly rev: number }
  /** The service is unreachable at present: `live` or `resync` follows in time. */
  | { readonly type: 'lost'; readonly rev: number }

/** Dates in the form `2027-01-31T00:00:00Z`. */
export interface Deprecated {
  /** RFC 9745. */
  readonly since: string
  /** From this date on the operation answers 410 (RFC 8594). Default: not decided yet. */
  readonly sunset?: string
  /** Documentation of the replacement. */
  readonly link?: string
}

export type Contract = Readonly<Record<Key, Operation>>

type Names<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | Names<`/${Tail}`>
    : Rest
  : never

type Flat<T> = { [K in keyof T]: T[K] }
type InputOf<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : unknown
type OutputOf<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : unknown
type Field<C extends Contract, K extends keyof C, F extends keyof Operation> = C[K] extends {
  readonly [P in F]: infer S
}
  ? S
  : undefined
type Nested<Name extends string, S, T> = S extends Schema ? { readonly [P in Name]: T } : unknown

export type PathParams<K> = K extends `${string} ${infer Path}` ? { readonly [N in Names<Path>]: string } : never

/** A caller's input: path parameters and query flat, `body` and `headers` under their own names. */
export type Input<C extends Contract, K extends keyof C> = Flat<
  PathParams<K> &
    InputOf<Field<C, K, 'query'>> &
    Nested<'body', Field<C, K, 'body'>, InputOf<Field<C, K, 'body'>>> &
    Nested<'headers', Field<C, K, 'headers'>, InputOf<Field<C, K, 'headers'>>>
>

/** The same request on the receiving side: validated and coerced. */
export type Received<C extends Contract, K extends keyof C> = {
  readonly params: Flat<PathParams<K> & OutputOf<Field<C, K, 'params'>>>
  readonly query: OutputOf<Field<C, K, 'query'>>
  readonly body: OutputOf<Field<C, K, 'body'>>
  readonly headers: OutputOf<Field<C, K, 'headers'>>
}

export type PartStatus = 'ok' | 'stale' | 'fallback'

type NamesIn<C extends Contract, K extends keyof C, F extends 'optional' | 'stale'> =
  Field<C, K, F> extends readonly (infer N extends string)[] ? N : never

/** Names of the parts whose state the response reports. */
export type ToldParts<C extends Contract, K extends keyof C> = NamesIn<C, K, 'optional'> | NamesIn<C, K, 'stale'>

/** States a part may report besides `ok`. */
export type Lesser<C extends Contract, K extends keyof C, N> =
  | (N extends NamesIn<C, K, 'optional'> ? 'fallback' : never)
  | (N extends NamesIn<C, K, 'stale'> ? 'stale' : never)

type Meta<C extends Contract, K extends keyof C> = [ToldParts<C, K>] extends [never]
  ? unknown
  : { readonly meta: { readonly parts: { readonly [N in ToldParts<C, K>]: 'ok' | Lesser<C, K, N> } } }

/** The problems that an operation declares: `404 order-not-found`. */
export type Declared<C extends Contract, K extends keyof C> =
  Field<C, K, 'errors'> extends infer E
    ? E extends Readonly<Record<string, number>>
      ? { [N in keyof E & string]: `${E[N]} ${N}` }[keyof E & string]
      : never
    : never

/** Return type of a view or a service handler. */
export type Answer<C extends Contract, K extends keyof C> =
  Field<C, K, 'out'> extends Schema ? InputOf<Field<C, K, 'out'>> : void

/** Return type of a call. */
export type Output<C extends Contract, K extends keyof C> =
  Field<C, K, 'out'> extends Schema ? Flat<OutputOf<Field<C, K, 'out'>> & Meta<C, K>> : void

type Having<C extends Contract, Flag> = {
  [K in keyof C & string]: C[K] extends Flag ? K : never
}[keyof C & string]

/** Streaming operations, long polls, numbered streams, feeds, and operations that answer once. */
export type Streaming<C extends Contract> = Having<C, { readonly streams: true }>
export type Polled<C extends Contract> = Having<C, { readonly polls: true }>
export type Numbered<C extends Contract> = Having<C, { readonly streams: 'numbered' }>
export type Fed<C extends Contract> = Having<C, { readonly feed: Feed }>
export type Once<C extends Contract> = Exclude<keyof C & string, Streaming<C> | Numbered<C> | Fed<C>>

/** `from.orders('GET /orders/:id', { id })`. The input is required exactly when one of its members is. */
export type Call<C extends Contract> = <K extends Once<C>>(
  key: K,
  ...input: NoInfer<object extends Input<C, K> ? [input?: Input<C, K>] : [input: Input<C, K>]>
) => Promise<Output<C, K>>

export interface Target {
  readonly method: Method
  /** Path and query, every value percent-encoded. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly body: unknown
}

/** Split `GET /orders/:id` into its method and path. */
export function parseKey(key: string): { method: Method; path: string } {
  const space = key.indexOf(' ')
  return { method: key.slice(0, space) as Method, path: key.slice(space + 1) }
}

/**
 * Builds a request from a key and a caller's input. A path parameter is always one encoded segment, so no value can
 * escape it: `.` and `..`, which encoding does not protect, throw a `TypeError`, as does a missing parameter.
 */
export function fill(key: string, input: Readonly<Record<string, unknown>> = {}): Target {
  const { method, texts, names } = template(key)
  let url = texts[0]!
  for (const [i, name] of names.entries()) {
    const value = String(input[name] ?? '')
    if (value === '' || value === '.' || value === '..')
      throw new TypeError(`${key}: "${value}" is not a valid value of ${name}`)
    url += encodeURIComponent(value) + texts[i + 1]!
  }
  let mark = '?'
  for (const name of Object.keys(input)) {
    if (names.includes(name) || name === 'body' || name === 'headers') continue
    const value = input[name]
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined) continue
      url += `${mark}${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`
      mark = '&'
    }
  }
  return { method, url, headers: input['headers'] as Target['headers'], body: input['body'] }
}

interface Template {
  readonly method: Method
  /** The literal text before, between and after the parameters. */
  readonly texts: readonly string[]
  readonly names: readonly string[]
}

/** Bounded: keys are written in code, one per operation. */
const templates = new Map<string, Template>()

function template(key: string): Template {
  const known = templates.get(key)
  if (known !== undefined) return known
  const { method, path } = parseKey(key)
  const pieces = path.split(/:(\w+)/)
  const made = { method, texts: pieces.filter((_, i) => i % 2 === 0), names: pieces.filter((_, i) => i % 2 === 1) }
  templates.set(key, made)
  return made
}
