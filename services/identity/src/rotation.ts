import { type Adapter, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { AroundGrant } from './grants.ts'
import { turns } from './turns.ts'

/** A use of a refresh token and its response. */
interface Use {
  readonly token: string
  readonly request: string
  readonly at: number
  readonly answer: unknown
}

export interface RotationOptions {
  /**
   * Milliseconds for which a refresh token just used gets the same response again, in case the first was lost. 0: never, so a
   * client that retries loses its sign-in. At most 5 000.
   */
  readonly grace: number
  readonly clock?: () => number
}

/** Provider hooks that make the use of a code or refresh token atomic. */
export interface Rotation {
  /** Wraps every grant: two requests with the same code or refresh token do not run at the same time. */
  readonly grant: AroundGrant
  /** Wraps the store of refresh tokens. */
  readonly adapter: (tokens: Adapter) => Adapter
  /** `rotateRefreshToken`. */
  readonly rotate: (ctx: KoaContextWithOIDC) => boolean
}

/**
 * Single-use refresh tokens (RFC 9700 §4.14.2). The provider checks a token and marks it used some awaits later, so a hundred
 * parallel requests would all succeed. Here they run one at a time, so its check holds and its own rule applies: reuse ends the
 * grant.
 *
 * The grace ends as soon as the new token is used, which proves that the response arrived. A repeated request passes all other
 * checks of a refresh (client, sender's key, grant, expiry); it differs only in not rotating.
 */
export function rotation({ grace, clock = () => Date.now() }: RotationOptions): Rotation {
  if (!(grace >= 0 && grace <= 5_000)) throw new RangeError('the grace of a refresh token must be 0 to 5 000 ms')
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
    if (use.request !== requestOf(ctx))
      throw new errors.InvalidGrant('refresh token already used with other parameters')
    throw new Repetition(use.answer)
  }
  return { grant, adapter, rotate }
}

/** The last use of each grant, kept for twice the grace: a retry that began in time may still be in the checks. */
function lastUses(time: number, clock: () => number) {
  // Oldest first.
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

/** Not a failure: aborts a refresh that repeats an earlier response. */
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
