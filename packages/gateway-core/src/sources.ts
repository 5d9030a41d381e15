import type { DescService } from '@bufbuild/protobuf'
import type { Client } from '@connectrpc/connect'
import type { Contract, Declared, Input, Output } from './contract.ts'
import type { Part } from './part.ts'

/** Every upstream by name: an HTTP contract, or a generated gRPC service. */
export type Sources = Readonly<Record<string, Contract | DescService>>

/** `from.catalog('GET /products/:id', { id })`, `from.inventory.getStock({ skus })` */
export type From<S extends Sources> = {
  readonly [N in keyof S]: S[N] extends DescService ? Remote<S[N]> : S[N] extends Contract ? Ask<S[N], N> : never
}

/** The input is required exactly when something in it is. */
export type Ask<C extends Contract, Upstream> = <K extends keyof C & string>(
  key: K,
  ...input: NoInfer<object extends Input<C, K> ? [input?: Input<C, K>] : [input: Input<C, K>]>
) => Part<Output<C, K>, Declared<C, K>, K extends `${'GET' | 'HEAD'} ${string}` ? never : `${Upstream & string} ${K}`>

/** What a generated service does not say the compiler cannot see: whether a method writes. `npm run audit` does. */
type Remote<S extends DescService> = {
  readonly [M in keyof Client<S>]: Client<S>[M] extends (input: infer I, ...rest: never[]) => Promise<infer O>
    ? (input: I) => Part<O>
    : never
}

export const isGrpc = (source: Contract | DescService): source is DescService =>
  'kind' in source && source['kind'] === 'service'
