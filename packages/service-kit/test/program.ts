import { port, readEnv } from '@bff/gateway-core/env'
import { stopOf, stopVariables } from '@bff/gateway-core/run'
import { host, logger, run } from '../src/index.ts'

await run(async () => {
  const env = readEnv({ PROGRAM_PORT: port(0), ...stopVariables })
  return host({
    name: 'program',
    port: env.PROGRAM_PORT,
    hostname: '127.0.0.1',
    portVariable: 'PROGRAM_PORT',
    log: logger('program'),
    faults: true,
    stop: stopOf(env),
    handler: (req, res) => {
      if (req.url === '/crash') void Promise.reject(new Error('nobody caught this'))
      else res.end('done')
    },
  })
})
