import { interactionPolicy, type KoaContextWithOIDC, type UnknownObject } from 'oidc-provider'

/**
 * How a user authenticated (`acr`): by password at `auth_time`; or by password for this very request, signed in or not, which a
 * client requires before sensitive actions, in case the browser was left open (RFC 9470).
 */
export const acr = { password: 'urn:shop:acr:password', again: 'urn:shop:acr:password-again' } as const

/** Whether a request requires the password for itself. */
export const wantsAgain = (params: UnknownObject | undefined): boolean =>
  String(params?.['acr_values'] ?? '')
    .split(' ')
    .includes(acr.again)

/** Decides when a user must authenticate. */
export function policy(): interactionPolicy.DefaultPolicy {
  const { Check, base } = interactionPolicy
  const prompts = base()
  // Any program can pretend to be the app, so a session alone must not sign it in (RFC 8252 §8.6).
  const native = new Check(
    'native_client_login',
    'an app requires a fresh sign-in',
    'login_required',
    ({ oidc }) => oidc.client?.applicationType === 'native' && oidc.result?.login === undefined,
  )
  const again = new Check(
    'step_up',
    'the password must be entered again',
    'unmet_authentication_requirements',
    ({ oidc }) => wantsAgain(oidc.params) && oidc.result?.login === undefined,
  )
  prompts.get('login')?.checks.add(native)
  prompts.get('login')?.checks.add(again)
  return prompts
}

interface SignIn {
  readonly sid?: string | undefined
  readonly grantId?: string | undefined
}

/** Claims of access tokens about the sign-in: which one, when and how (RFC 9068 §2.2.1). */
export function proofOf({ oidc }: KoaContextWithOIDC, token: SignIn): UnknownObject {
  const { RefreshToken, AuthorizationCode } = oidc.entities
  const { authTime: auth_time, acr, amr } = RefreshToken ?? AuthorizationCode ?? {}
  return { auth_time, acr, amr, sid: sidOf(token) }
}

/** An app gets no notice of a browser's sign-out: its sign-in is a session of its own. */
export const sidOf = ({ sid, grantId }: SignIn): string | undefined => sid ?? grantId
