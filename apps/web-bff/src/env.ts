import { shopVariables } from '@bff/contracts/addresses'
import { clientPrivateKey, privateKeys } from '@bff/gateway-core/auth'
import {
  count,
  issuer,
  milliseconds,
  networks,
  port,
  readEnv,
  redis,
  secret,
  secrets,
  text,
  url,
} from '@bff/gateway-core/env'
import { stopVariables } from '@bff/gateway-core/run'

export const variables = {
  HOST: text('127.0.0.1'),
  TRUSTED_PROXIES: networks(''),
  REQUESTS_PER_MINUTE: count(1_200),
  REDIS_URL: redis(),
  LOG_LEVEL: text('info'),
  ...stopVariables,
  SHED_AFTER_MS: milliseconds(100),
  WEB_BFF_KEYS: privateKeys,
  WEB_BFF_PORT: port(4000),
  WEB_PUBLIC_URL: url('http://localhost:5173'),
  WEB_CLIENT_SECRET: secret('development-only-web-client-secret-00'),
  WEB_CLIENT_KEY: clientPrivateKey,
  SESSION_KEYS: secrets('development-only-web-session-key-0001'),
  WEB_ROOT: text(''),
  IDENTITY_URL: issuer('http://localhost:4400'),
  ...shopVariables,
}

export const env = () => readEnv(variables)
