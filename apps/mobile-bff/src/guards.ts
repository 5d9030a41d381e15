// Routes import their guards from here; a team adds its own beside them.
export { open, signedIn } from '@bff/gateway-core/auth'
