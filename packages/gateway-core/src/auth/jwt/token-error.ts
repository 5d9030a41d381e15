export type TokenFault =
  | 'length'
  | 'shape'
  | 'members'
  | 'algorithm'
  | 'type'
  | 'header'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'subject'
  | 'client'
  | 'token-id'
  | 'claim'
  | 'times'
  | 'lifetime'
  | 'expired'
  | 'not-yet'
  | 'sender-constrained'
  | 'unbound'

/** `reason` is for the log: the sender only learns that the token is invalid. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly reason: TokenFault

  constructor(reason: TokenFault, cause?: unknown) {
    super(`access token refused: ${reason}`, { cause })
    this.reason = reason
  }
}
