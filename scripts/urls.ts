// Says where everything is, once it is there.
import { connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'

interface Place {
  readonly name: string
  readonly url: string
  readonly speaks: string
  /** Default `/livez`. */
  readonly probe?: string
}

/** Milliseconds to wait for the slowest. */
const patience = 30_000

const at = (name: string, port: number): string =>
  process.env[`${name}_URL`] ?? `http://localhost:${process.env[`${name}_PORT`] ?? port}`

const places: readonly Place[] = [
  { name: 'web', url: at('WEB_PUBLIC', 5173), speaks: 'the shop, in a browser', probe: '/' },
  { name: 'web-bff', url: at('WEB_BFF', 4000), speaks: 'HTTP, for the browser' },
  { name: 'mobile-bff', url: at('MOBILE_BFF', 4001), speaks: 'HTTP, for the app' },
  { name: 'identity', url: at('IDENTITY', 4400), speaks: 'OpenID Connect' },
  { name: 'catalog', url: at('CATALOG', 4101), speaks: 'HTTP' },
  { name: 'customers', url: at('CUSTOMERS', 4102), speaks: 'HTTP' },
  { name: 'orders', url: at('ORDERS', 4103), speaks: 'HTTP' },
  { name: 'inventory', url: at('INVENTORY', 4104), speaks: 'gRPC' },
  { name: 'tracking', url: at('TRACKING', 4105), speaks: 'WebSocket' },
  { name: 'reviews', url: at('REVIEWS', 4106), speaks: 'HTTP' },
]

const overHttp1 = async ({ url, probe = '/livez' }: Place): Promise<boolean> =>
  (await fetch(url + probe, { signal: AbortSignal.timeout(1_000) })).ok

const overHttp2 = ({ url }: Place): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const session = connect(url)
    session.setTimeout(1_000, () => session.destroy(new Error('silent')))
    session.once('error', reject)
    const stream = session.request({ ':path': '/livez' })
    stream.once('error', reject)
    stream.once('response', (headers) => resolve(headers[':status'] === 200))
    stream.once('close', () => session.close())
    stream.resume()
  })

const alive = (place: Place): Promise<boolean> =>
  (place.speaks === 'gRPC' ? overHttp2(place) : overHttp1(place)).catch(() => false)

async function wait(place: Place): Promise<Place | undefined> {
  const until = performance.now() + patience
  while (performance.now() < until) {
    if (await alive(place)) return undefined
    await pause(100)
  }
  return place
}

const missing = (await Promise.all(places.map(wait))).filter((place) => place !== undefined)
const rows = places.map(({ name, url, speaks }) => `  ${name.padEnd(11)} ${url.padEnd(23)} ${speaks}`)
console.log(`\n${rows.join('\n')}\n`)
if (missing.length === 0)
  console.log(`Everything answers after ${process.uptime().toFixed(1)} s. Open ${places[0]!.url}\n`)
else console.log(`No answer from ${missing.map(({ name }) => name).join(', ')}: see its lines above.\n`)
// `turbo run dev` takes the end of a task that is meant to stay for a crash, and ends the others.
setInterval(() => undefined, 2 ** 30)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0))
