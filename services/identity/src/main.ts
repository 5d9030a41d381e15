import { EnvironmentError, issuer, networks, port, readEnv, secret, text, url } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables } from '@bff/service-kit'
import { start } from './app.ts'
import { keySet } from './keys.ts'

await run(async () => {
  const env = readEnv({
    IDENTITY_PORT: port(4400),
    ...serviceVariables,
    IDENTITY_URL: issuer('http://localhost:4400'),
    IDENTITY_COOKIE_SECRET: secret('development-only-identity-cookies-00'),
    IDENTITY_KEYS: keySet('private'),
    TRUSTED_PROXIES: networks(''),
    WEB_PUBLIC_URL: url('http://localhost:5173'),
    WEB_BACKCHANNEL_URL: text(''),
    WEB_CLIENT_SECRET: secret('development-only-web-client-secret-00'),
    WEB_CLIENT_KEYS: keySet('public'),
  })
  const development = env.NODE_ENV !== 'production'
  // Without the web client's development server in front, web-bff has an origin of its own.
  const webBff = development ? 'http://localhost:4000' : env.WEB_PUBLIC_URL
  const webBackchannel = env.WEB_BACKCHANNEL_URL || `${webBff}/bff/backchannel`
  if (!development && !webBackchannel.startsWith('https://')) {
    throw new EnvironmentError(`WEB_BACKCHANNEL_URL: ${webBackchannel} will not do. In production it must be https.`)
  }
  return start({
    ...serviceSettings('identity', env.IDENTITY_PORT, env),
    issuer: env.IDENTITY_URL,
    cookieSecret: env.IDENTITY_COOKIE_SECRET,
    keys: env.IDENTITY_KEYS,
    trustedProxies: env.TRUSTED_PROXIES,
    webOrigins: [...new Set([env.WEB_PUBLIC_URL, webBff])],
    webBackchannel,
    webSecret: env.WEB_CLIENT_SECRET,
    ...(env.WEB_CLIENT_KEYS.length === 0 ? {} : { webKeys: { keys: env.WEB_CLIENT_KEYS } }),
  })
})
