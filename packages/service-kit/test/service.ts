import type { RequestListener } from 'node:http'
import { host, type HostOptions, logger, type Running } from '../src/index.ts'

/** Starts a handler on a free port, with the fault switch on. */
export const boot = (handler: RequestListener, more: Partial<HostOptions> = {}): Promise<Running> =>
  host({
    name: 'test',
    port: 0,
    hostname: '127.0.0.1',
    portVariable: 'TEST_PORT',
    log: logger('test', 'silent'),
    faults: true,
    handler,
    ...more,
  })
