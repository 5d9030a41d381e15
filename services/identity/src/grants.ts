import { Provider, type TokenEndpointGrantContext } from 'oidc-provider'

type Names = string | readonly string[] | ReadonlySet<string>

/** Issues the tokens of one grant type: sets the response body, or throws. */
export type Grant<P extends object = Record<string, unknown>> = (
  ctx: TokenEndpointGrantContext<P>,
) => void | Promise<void>

/** Wraps a grant of any type. */
export type AroundGrant = <P extends object>(grant: Grant<P>) => Grant<P>

/** A provider with `wrap` around every grant type, including the built-in ones. */
export const providerWith = (wrap: AroundGrant): typeof Provider =>
  class extends Provider {
    override registerGrantType<P extends object>(name: string, grant: Grant<P>, fields?: Names, twice?: Names): void {
      super.registerGrantType<P>(name, wrap(grant), fields, twice)
    }
  }
