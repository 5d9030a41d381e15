import type { DescService } from '@bufbuild/protobuf'

type Errors<S extends DescService> = {
  readonly [M in keyof S['method']]?: Readonly<Record<string, number>>
}

/**
 * A generated service, and the problems that its methods may end in, with their statuses, as a contract says them of an
 * operation: `declares(Inventory, { reserve: { 'out-of-stock': 409 } })`. A service names one by `google.rpc.ErrorInfo`
 * (`reason: "OUT_OF_STOCK"`), or by its status alone (`not-found`, `conflict`, … in `docs/status-contract.md`). Where a method
 * declares any, all others are the service's failure.
 */
export const declares = <S extends DescService, const E extends Errors<S>>(
  service: S,
  errors: E,
): S & { readonly errors: E } => ({ ...service, errors })
