import type { Interaction, Provider } from 'oidc-provider'

/** What access tokens are for: the audience they name, and the scope it knows. */
export const resource = { id: 'urn:shop', scope: 'shop' } as const

export const scopes = ['openid', 'profile', 'email', 'offline_access'] as const

/**
 * Everything the shop's own clients may have; nobody is asked. A grant for every sign-in, so that a refresh token used
 * twice ends the sign-in it came from and no other.
 */
export function grantAll(provider: Provider, { session, params }: Interaction): Promise<string> {
  const grant = new provider.Grant({ accountId: session?.accountId, clientId: String(params['client_id']) })
  grant.addOIDCScope(scopes.join(' '))
  grant.addResourceScope(resource.id, resource.scope)
  return grant.save()
}
