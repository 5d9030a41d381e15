/** Access tokens for services: loads no OpenID client. */
export { KeysUnavailable } from './auth/keys.ts'
export type { TrustedIssuer } from './auth/issuers.ts'
export { TokenError, tokenVerifier } from './auth/token.ts'
export type { Claims, TokenFault, TokenOptions, VerifyToken } from './auth/token.ts'
