// node scripts/answers.ts http://127.0.0.1:4101/livez — exits 0 on a 2xx response: the health check of the images.
import { connect } from 'node:http2'

/** Timeout in milliseconds. */
const timeout = 1_000

const overHttp1 = async (url: string): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(timeout) })).ok

const overHttp2 = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { origin, pathname } = new URL(url)
    const session = connect(origin)
    session.setTimeout(timeout, () => session.destroy())
    session.once('error', () => session.destroy())
    session.once('close', () => resolve(false))
    const stream = session.request({ ':path': pathname })
    stream.once('error', () => session.destroy())
    stream.once('response', (headers) => {
      resolve(headers[':status'] === 200)
      session.destroy()
    })
  })

/** Whether a GET of `url` succeeds, over HTTP/1.1 or gRPC's unencrypted HTTP/2. */
export const answers = (url: string): Promise<boolean> => overHttp1(url).catch(() => overHttp2(url))

if (import.meta.main) process.exitCode = (await answers(process.argv[2]!)) ? 0 : 1
