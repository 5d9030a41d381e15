import { port, readEnv, secret, url } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    IDENTITY_PORT: port(4400),
    ...serviceVariables,
    IDENTITY_URL: url('http://localhost:4400'),
    IDENTITY_COOKIE_SECRET: secret('development-only-identity-cookies-00'),
    WEB_PUBLIC_URL: url('http://localhost:5173'),
    WEB_CLIENT_SECRET: secret('development-only-web-client-secret-00'),
  })
  const development = env.NODE_ENV !== 'production'
  return start({
    ...serviceSettings('identity', env.IDENTITY_PORT, env),
    issuer: env.IDENTITY_URL,
    cookieSecret: env.IDENTITY_COOKIE_SECRET,
    // Without the development server of the web client in front, web-bff is an origin of its own.
    webOrigins: development ? [env.WEB_PUBLIC_URL, 'http://localhost:4000'] : [env.WEB_PUBLIC_URL],
    webSecret: env.WEB_CLIENT_SECRET,
  })
})
