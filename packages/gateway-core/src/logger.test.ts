import { expect, it } from '@jest/globals'
import { logger } from './logger.ts'

it('B-25: logs no credential of a request that is logged by mistake, nor of an error that carries one', () => {
  const written: string[] = []
  const log = logger('test', 'info', { write: (line: string) => void written.push(line) })
  const headers = { authorization: 'Bearer secret', cookie: 'sid=secret', 'set-cookie': 'sid=secret', accept: 'all' }
  log.info(headers, 'headers')
  log.info({ headers }, 'in a field')
  log.info({ req: { headers }, res: { headers } }, 'of a request')
  log.error({ err: Object.assign(new Error('reset'), { config: { headers } }) }, 'of an error')
  expect(written).toHaveLength(4)
  expect(written.join('')).not.toContain('secret')
  expect(written[3]).toContain('reset')
})
