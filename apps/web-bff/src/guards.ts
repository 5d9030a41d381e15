export { open, signedIn } from '@bff/gateway-core/auth'
