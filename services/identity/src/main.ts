import { port, readEnv, secret, text, url } from '@bff/gateway-core/env'
import { logger, run } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    IDENTITY_PORT: port(4400),
    HOST: text('127.0.0.1'),
    LOG_LEVEL: text('info'),
    NODE_ENV: text('development'),
    IDENTITY_URL: url('http://localhost:4400'),
    IDENTITY_COOKIE_SECRET: secret('development-only-identity-cookies-00'),
    WEB_PUBLIC_URL: url('http://localhost:5173'),
    WEB_CLIENT_SECRET: secret('development-only-web-client-secret-00'),
  })
  const development = env.NODE_ENV !== 'production'
  return start({
    port: env.IDENTITY_PORT,
    hostname: env.HOST,
    log: logger('identity', env.LOG_LEVEL),
    faults: development,
    issuer: env.IDENTITY_URL,
    cookieSecret: env.IDENTITY_COOKIE_SECRET,
    // Without the development server of the web client in front, web-bff is an origin of its own.
    webOrigins: development ? [env.WEB_PUBLIC_URL, 'http://localhost:4000'] : [env.WEB_PUBLIC_URL],
    webSecret: env.WEB_CLIENT_SECRET,
  })
})
