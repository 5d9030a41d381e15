import { type App, type Listening, serve } from '../src/index.ts'
import { silent } from './exchange.ts'

/** An app on a free port of this machine. */
export const listen = (bff: Pick<App, 'handler'> & Partial<Pick<App, 'ready'>> & AsyncDisposable): Promise<Listening> =>
  serve({
    name: 'test',
    port: 0,
    hostname: '127.0.0.1',
    portVariable: 'PORT',
    handler: bff.handler,
    ready: bff.ready,
    log: silent,
    release: bff,
  })
