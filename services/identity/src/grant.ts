import type { Interaction, Provider } from 'oidc-provider'

/** The audience of access tokens and its scope. */
export const resource = { id: 'urn:shop', scope: 'shop' } as const

export const scopes = ['openid', 'profile', 'email', 'offline_access'] as const

/**
 * Grants the shop's own clients everything, without a consent page. Each sign-in gets its own grant, so reuse of a refresh token
 * ends that sign-in and no other.
 */
export function grantAll(provider: Provider, { session, params }: Interaction): Promise<string> {
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: String(params['client_id']) })
  grant.addOIDCScope(scopes.join(' '))
  grant.addResourceScope(resource.id, resource.scope)
  return grant.save()
}
