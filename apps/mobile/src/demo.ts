import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { mobileClient } from './client.ts'
import { demoBrowser } from './demo-browser.ts'
import { journey } from './journey.ts'
import { keep } from './keep.ts'
import { Live } from './live/live.ts'
import { discover, signIn } from './sign-in.ts'

const settings = join(import.meta.dirname, '../../../.env')
if (existsSync(settings)) process.loadEnvFile(settings)

const { values } = argumentsOf('npm run demo -- [--bff url] [--issuer url] [--login name] [--password text]', {
  options: {
    bff: { type: 'string', default: process.env['MOBILE_PUBLIC_URL'] ?? 'http://localhost:4001' },
    issuer: { type: 'string', default: process.env['IDENTITY_URL'] ?? 'http://localhost:4400' },
    login: { type: 'string', default: 'ada@shop.example' },
    password: { type: 'string', default: 'lovelace-1815' },
  },
})

try {
  const started = performance.now()
  const tokens = await signIn(values.issuer, demoBrowser(values))
  console.log(`signed in as ${values.login} in ${Math.round(performance.now() - started)} ms\n`)
  const { as, signOut } = keep(tokens, { provider: await discover(values.issuer) })
  const { orderId } = await journey((fetch) => mobileClient({ baseUrl: values.bff, as, fetch }), console.log)
  await watch(new Live({ client: mobileClient({ baseUrl: values.bff, as }), as, baseUrl: values.bff }), orderId)
  await signOut()
  console.log('signed out')
} catch (error) {
  console.error(`The demo ended early: ${(error as Error).message}. Is \`npm run dev\` running?`)
  process.exitCode = 1
}

/** Follows an order until it is delivered, 30 s at most. */
async function watch(live: Live, orderId: string): Promise<void> {
  using open = live
  const stop = setTimeout(() => open.close(), 30_000)
  console.log(`\norder ${orderId}, live:`)
  for await (const { rev, status } of open.order(orderId)) {
    console.log(`${String(rev).padStart(8)}  ${status}, by ${open.by}`)
    if (status === 'delivered') break
  }
  clearTimeout(stop)
  console.log()
}
