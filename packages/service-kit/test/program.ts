import { port, readEnv } from '@bff/gateway-core/env'
import { host, logger, run } from '../src/index.ts'

await run(async () => {
  const env = readEnv({ PROGRAM_PORT: port(0) })
  return host({
    name: 'program',
    port: env.PROGRAM_PORT,
    hostname: '127.0.0.1',
    portVariable: 'PROGRAM_PORT',
    log: logger('program'),
    faults: true,
    handler: (_req, res) => res.end('done'),
  })
})
