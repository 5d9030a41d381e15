import { type Adapter, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { AroundGrant } from './grants.ts'
import { turns } from './turns.ts'

/** A use of a refresh token, and what came of it. */
interface Use {
  readonly token: string
  readonly request: string
  readonly at: number
  readonly answer: unknown
}

export interface RotationOptions {
  /**
   * Milliseconds in which a refresh token that was just used gets the same answer again: the first may have been lost on its
   * way. 0: never, so that whoever repeats a request loses the sign-in. At most 5 000.
   */
  readonly grace: number
  readonly clock?: () => number
}

/** The parts of the provider's configuration that make the use of a code or a refresh token one step. */
export interface Rotation {
  /** Around every grant: two requests with one code, or with one refresh token, do not run at the same time. */
  readonly grant: AroundGrant
  /** Around the memory of refresh tokens. */
  readonly adapter: (tokens: Adapter) => Adapter
  /** `rotateRefreshToken`. */
  readonly rotate: (ctx: KoaContextWithOIDC) => boolean
}

/**
 * Refresh tokens that work once (RFC 9700 §4.14.2). The provider itself looks first and marks later, with awaits in between, so
 * that of a hundred at once all would win. Here they take turns; what it sees then is true, and its own rule holds: a token
 * that was used before ends its grant.
 *
 * The grace ends as soon as the answer was used, for then it has arrived. All else that the provider checks of a refresh
 * (client, key of the sender, grant, expiry) it checks of a repetition too: that goes another way only where it would rotate.
 */
export function rotation({ grace, clock = () => Date.now() }: RotationOptions): Rotation {
  if (!(grace >= 0 && grace <= 5_000)) throw new RangeError('the grace of a refresh token is 0 to 5 000 ms')
  const inTurn = turns()
  const uses = lastUses(2 * grace, clock)

  const grant: AroundGrant = (issue) => async (ctx) => {
    const { code, refresh_token: token } = ctx.oidc.params as Readonly<Record<string, unknown>>
    await inTurn(`${String(code)} ${String(token)}`, async () => {
      try {
        await issue(ctx)
      } catch (error) {
        if (!(error instanceof Repetition)) throw error
        ctx.body = error.answer
        return
      }
      const { RefreshToken: next, RotatedRefreshToken: used } = ctx.oidc.entities
      if (next === undefined || used === undefined) return
      uses.set(next.grantId ?? '', { token: used.jti, request: requestOf(ctx), at: clock(), answer: ctx.body })
    })
  }

  const adapter = (tokens: Adapter): Adapter => ({
    ...tokens,
    async find(id) {
      const found = await tokens.find(id)
      if (!found || found.consumed === undefined) return found
      const use = uses.get(found.grantId ?? '')
      return use?.token === id && clock() - use.at < grace ? { ...found, consumed: undefined } : found
    },
  })

  const rotate = (ctx: KoaContextWithOIDC): boolean => {
    const { RefreshToken: token } = ctx.oidc.entities
    const use = uses.get(token?.grantId ?? '')
    if (use === undefined || use.token !== token?.jti) return true
    if (use.request !== requestOf(ctx)) throw new errors.InvalidGrant('refresh token already used for something else')
    throw new Repetition(use.answer)
  }
  return { grant, adapter, rotate }
}

/**
 * The last use of each grant, kept for twice the grace: a repetition that began in time may still be on its way through the
 * checks.
 */
function lastUses(time: number, clock: () => number) {
  // The oldest first.
  const uses = new Map<string, Use>()
  return {
    get: (grantId: string) => uses.get(grantId),
    set(grantId: string, use: Use): void {
      uses.delete(grantId)
      uses.set(grantId, use)
      for (const [oldest, { at }] of uses) {
        if (clock() - at < time) return
        uses.delete(oldest)
      }
    },
  }
}

/** Not a failure: the way out of a refresh that needs no second answer. */
class Repetition extends Error {
  override readonly name = 'Repetition'
  readonly answer: unknown

  constructor(answer: unknown) {
    super('answered already')
    this.answer = answer
  }
}

const requestOf = ({ oidc: { params } }: KoaContextWithOIDC): string =>
  JSON.stringify([params?.['scope'], params?.['resource']])
