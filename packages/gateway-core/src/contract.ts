import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Any validator that speaks Standard Schema (zod, valibot, arktype, …). */
export type Schema = StandardSchemaV1

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How an operation is named on every wire: `GET /orders/:id`. */
export type Key = `${Method} /${string}`

export interface Operation {
  /** One line for people. */
  readonly summary?: string
  /** Who may call it. Absent: `user`, somebody who has proved who they are. */
  readonly auth?: 'open' | 'user' | 'service'
  readonly params?: Schema
  /** Absent: a query string is ignored. Values arrive as `string`, or `string[]` where a name repeats. */
  readonly query?: Schema
  /** Names in lower case. */
  readonly headers?: Schema
  /** JSON. Absent: a request body is refused. */
  readonly body?: Schema
  /** JSON. Absent: the answer has no body (204). */
  readonly out?: Schema
  /** Status of success. Absent: 200, or 204 without `out`. */
  readonly status?: number
  /** Every problem code the operation may answer with, and its status. Whatever is not listed is a fault, never an answer. */
  readonly errors?: Readonly<Record<string, number>>
  /** The parts of this screen that may be missing; the answer then says so in `meta.parts`. */
  readonly optional?: readonly string[]
  /** The parts of this screen that may be older than their service would have them; `meta.parts` says so as well. */
  readonly stale?: readonly string[]
  /**
   * It answers many times, each time with `out`: as server-sent events, or one JSON text per line. `numbered`: each has a number
   * that grows, and whoever comes back with the last one that it knows gets what it missed.
   */
  readonly streams?: true | 'numbered'
  /** Long polling: it answers as soon as there is something new. Never cached, and without an ETag. */
  readonly polls?: true
  /** It tells over a WebSocket what happens, as it happens; `out` is one such thing. See `Followed` for what comes of it. */
  readonly feed?: Feed
  /** How a service is asked for many of these at once. */
  readonly batch?: Batch
  /** It still answers, and says until when. */
  readonly deprecated?: Deprecated
}

/** The form of `GET /products/:id` that answers many: `GET /products?ids=a&ids=b`. */
export interface Batch {
  readonly by: Key
  /** Name of its query parameter. */
  readonly ids: string
  /** Member of its answer with what was found, in any order; each must be what the operation itself would answer. */
  readonly items: string
  /** Member of an item, and parameter of the operation. */
  readonly id: string
  /** The error that the operation declares for what is not among the items. */
  readonly missing: string
  /** Ids of one call. Default 100. */
  readonly most?: number
}

/** How a service is listened to. Its refusals are those of HTTP, before the protocol changes. */
export interface Feed {
  /** Name of the query parameter for the last number that is known already. */
  readonly after: string
  /** JSON. */
  readonly message: Schema
  /** What a message says. Pure. */
  readonly read: (message: never) => Said
  /** Codes it closes with that are an answer, and the declared error that each of them is. Any other: come again. */
  readonly closes?: Readonly<Record<number, string>>
}

/** Something that happened, its numbers growing; or that all that had happened was told, and the number of the last of it. */
export type Said = { readonly rev: number; readonly item: unknown } | { readonly live: number }

/** What somebody learns who follows a feed. */
export type Followed<T> =
  | { readonly type: 'item'; readonly rev: number; readonly item: T }
  /** All that had happened has been told, the last of it at `rev`; the newest item comes along, told or not. */
  | { readonly type: 'live'; readonly rev: number; readonly item: T | undefined }
  /** Some items can no longer be told: read anew what they are about. What is newer than `rev` follows. */
  | { readonly type: 'resync'; readonly rev: number }
  /** The service cannot be heard at present: `live` or `resync` follows, in time. */
  | { readonly type: 'lost'; readonly rev: number }

/** Dates like `2027-01-31T00:00:00Z`. */
export interface Deprecated {
  /** RFC 9745. */
  readonly since: string
  /** From then on the answer is 410 (RFC 8594). Default: not known yet. */
  readonly sunset?: string
  /** Where people read what to do instead. */
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

/** What a caller hands in: path parameters and query flat, `body` and `headers` under their own names. */
export type Input<C extends Contract, K extends keyof C> = Flat<
  PathParams<K> &
    InputOf<Field<C, K, 'query'>> &
    Nested<'body', Field<C, K, 'body'>, InputOf<Field<C, K, 'body'>>> &
    Nested<'headers', Field<C, K, 'headers'>, InputOf<Field<C, K, 'headers'>>>
>

/** The same request as its receiver sees it: validated and coerced. */
export type Received<C extends Contract, K extends keyof C> = {
  readonly params: Flat<PathParams<K> & OutputOf<Field<C, K, 'params'>>>
  readonly query: OutputOf<Field<C, K, 'query'>>
  readonly body: OutputOf<Field<C, K, 'body'>>
  readonly headers: OutputOf<Field<C, K, 'headers'>>
}

export type PartStatus = 'ok' | 'stale' | 'fallback'

type NamesIn<C extends Contract, K extends keyof C, F extends 'optional' | 'stale'> =
  Field<C, K, F> extends readonly (infer N extends string)[] ? N : never

/** Names of the parts whose state an answer tells. */
export type ToldParts<C extends Contract, K extends keyof C> = NamesIn<C, K, 'optional'> | NamesIn<C, K, 'stale'>

/** What may be said of a part, beside `ok`. */
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

/** What a view or a service handler must return. */
export type Answer<C extends Contract, K extends keyof C> =
  Field<C, K, 'out'> extends Schema ? InputOf<Field<C, K, 'out'>> : void

/** What a caller gets back. */
export type Output<C extends Contract, K extends keyof C> =
  Field<C, K, 'out'> extends Schema ? Flat<OutputOf<Field<C, K, 'out'>> & Meta<C, K>> : void

type Having<C extends Contract, Flag> = {
  [K in keyof C & string]: C[K] extends Flag ? K : never
}[keyof C & string]

/** Operations that answer many times; that are polled; that answer many times, by number; that are followed; and that answer once. */
export type Streaming<C extends Contract> = Having<C, { readonly streams: true }>
export type Polled<C extends Contract> = Having<C, { readonly polls: true }>
export type Numbered<C extends Contract> = Having<C, { readonly streams: 'numbered' }>
export type Fed<C extends Contract> = Having<C, { readonly feed: Feed }>
export type Once<C extends Contract> = Exclude<keyof C & string, Streaming<C> | Numbered<C> | Fed<C>>

/** `from.orders('GET /orders/:id', { id })`. The input is required exactly when something in it is. */
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
 * Turn a key and a caller's input into a request. A path parameter is always one encoded segment, so no value can
 * leave its place: `.` and `..`, which encoding does not protect, throw a `TypeError`, as does a missing parameter.
 */
export function fill(key: string, input: Readonly<Record<string, unknown>> = {}): Target {
  const { method, texts, names } = template(key)
  let url = texts[0]!
  for (const [i, name] of names.entries()) {
    const value = String(input[name] ?? '')
    if (value === '' || value === '.' || value === '..') throw new TypeError(`${key}: "${value}" cannot be its ${name}`)
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
  /** What stands before, between and behind the parameters. */
  readonly texts: readonly string[]
  readonly names: readonly string[]
}

/** Keys are written in code, so there are as many as there are operations. */
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
