import type { DescMessage, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Contract, Declared, Fed, Followed, Input, Once, Output } from './contract.ts'
import type { Part } from './part.ts'

/** Every upstream by name: an HTTP contract, or a generated gRPC service. */
export type Sources = Readonly<Record<string, Contract | DescService>>

/** `from.catalog('GET /products/:id', { id })`, `from.inventory.getStock({ skus })` */
export type From<S extends Sources> = {
  readonly [N in keyof S]: S[N] extends DescService ? Remote<S[N]> : S[N] extends Contract ? Talk<S[N], N> : never
}

type Talk<C extends Contract, Upstream> = [Fed<C>] extends [never] ? Ask<C, Upstream> : Ask<C, Upstream> & Follow<C>

/** The input includes the last known number, as the query parameter that the feed names. */
export type Follow<C extends Contract> = <K extends Fed<C>>(
  key: K,
  ...input: NoInfer<object extends Input<C, K> ? [input?: Input<C, K>] : [input: Input<C, K>]>
) => AsyncIterable<Followed<Output<C, K>>>

/** The input is required exactly when one of its members is. */
export type Ask<C extends Contract, Upstream> = <K extends Once<C>>(
  key: K,
  ...input: NoInfer<object extends Input<C, K> ? [input?: Input<C, K>] : [input: Input<C, K>]>
) => Part<Output<C, K>, Declared<C, K>, K extends `${'GET' | 'HEAD'} ${string}` ? never : `${Upstream & string} ${K}`>

/** A generated service does not tell the compiler whether a method writes; `npm run audit` checks that. */
type Remote<S extends DescService> = {
  readonly [M in keyof Methods<S>]: Methods<S>[M] extends {
    readonly methodKind: infer Kind
    readonly input: infer I extends DescMessage
    readonly output: infer O extends DescMessage
  }
    ? Kind extends 'unary'
      ? (input: MessageInitShape<I>) => Part<MessageShape<O>, DeclaredOf<S, M>>
      : Kind extends 'server_streaming'
        ? (input: MessageInitShape<I>) => AsyncIterableIterator<MessageShape<O>>
        : never
    : never
}

type Methods<S extends DescService> = S['method']

type DeclaredOf<S, M> = S extends { readonly errors: infer E }
  ? M extends keyof E
    ? { [N in keyof E[M] & string]: `${E[M][N] & number} ${N}` }[keyof E[M] & string]
    : never
  : never

export const isGrpc = (source: Contract | DescService): source is DescService =>
  'kind' in source && source['kind'] === 'service'
