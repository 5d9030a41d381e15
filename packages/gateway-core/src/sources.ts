import type { DescService } from '@bufbuild/protobuf'
import type { Client } from '@connectrpc/connect'
import type { Call, Contract } from './contract.ts'

/** Every upstream by name: an HTTP contract, or a generated gRPC service. */
export type Sources = Readonly<Record<string, Contract | DescService>>

/** `from.catalog('GET /products/:id', { id })`, `from.inventory.getStock({ skus })` */
export type From<S extends Sources> = {
  readonly [N in keyof S]: S[N] extends DescService ? Client<S[N]> : S[N] extends Contract ? Call<S[N]> : never
}

export const isGrpc = (source: Contract | DescService): source is DescService =>
  'kind' in source && source['kind'] === 'service'
