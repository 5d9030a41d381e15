import { shopVariables } from '@bff/contracts/addresses'
import { privateKeys } from '@bff/gateway-core/auth'
import {
  count,
  issuer,
  milliseconds,
  networks,
  oneOf,
  optionalSecrets,
  port,
  readEnv,
  redis,
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
  MOBILE_BFF_KEYS: privateKeys,
  DPOP: oneOf('off', 'optional', 'required-on-writes'),
  DPOP_KEY: optionalSecrets(),
  MOBILE_BFF_PORT: port(4001),
  MOBILE_PUBLIC_URL: url('http://localhost:4001'),
  IDENTITY_URL: issuer('http://localhost:4400'),
  ...shopVariables,
}

export const env = () =>
  readEnv(variables, process.env, ({ DPOP = 'off', DPOP_KEY }) =>
    DPOP !== 'off' && DPOP_KEY?.length === 0
      ? [
          `DPOP_KEY is not set, and DPOP=${DPOP} needs it. It must be ${variables.DPOP_KEY.shape}. Example: DPOP_KEY=<secret>`,
        ]
      : [],
  )
