import { Provider, type TokenEndpointGrantContext } from 'oidc-provider'

type Names = string | readonly string[] | ReadonlySet<string>

/** Issues the tokens of one grant type: sets the body of the answer, or throws. */
export type Grant<P extends object = Record<string, unknown>> = (
  ctx: TokenEndpointGrantContext<P>,
) => void | Promise<void>

/** What may be put around a grant, whichever it is. */
export type AroundGrant = <P extends object>(grant: Grant<P>) => Grant<P>

/** A provider whose every grant type has `wrap` around it: it registers its own ones by the same method. */
export const providerWith = (wrap: AroundGrant): typeof Provider =>
  class extends Provider {
    override registerGrantType<P extends object>(name: string, grant: Grant<P>, fields?: Names, twice?: Names): void {
      super.registerGrantType<P>(name, wrap(grant), fields, twice)
    }
  }
