import { pino } from 'pino'
import { revocations, webSession, type WebSessionOptions } from '../../src/auth.ts'
import { memoryStore } from '../../src/state.ts'
import { gateway } from '../../src/gateway.ts'
import { type Browser, browser } from '../browser.ts'
import { whoAmI } from '../mount.ts'
import { openSite } from '../site.ts'
import { CLIENT, hostileProvider, type HostileProvider, type Lie } from './provider.ts'

export interface Line extends Record<string, unknown> {
  readonly msg: string
  readonly reason?: string
  readonly audit?: string
}

export interface SetUp extends AsyncDisposable {
  readonly url: string
  readonly idp: HostileProvider
  readonly store: ReturnType<typeof memoryStore>
  /** Milliseconds that the clock of the app is ahead. */
  ahead: number
  /** All of its log, as it was written. */
  readonly written: readonly string[]
  /** The lines about logins and the like: neither those of the exchanges nor those of the audit log. */
  said(): readonly Line[]
  /** Those of the audit log. */
  audited(): readonly Line[]
  /** Another process of the same app, on the same address and store. */
  restart(options?: Partial<WebSessionOptions>): void
  /** From `/bff/login` to the address of the callback, which is not opened. */
  toCallback(someone: Browser, query?: Record<string, string>): Promise<string>
  signIn(someone?: Browser, query?: Record<string, string>): Promise<Browser>
}

/** A whole app before a provider of its own, which lies as it is told to. */
export async function setUp(lie: Lie = {}, given: Partial<WebSessionOptions> = {}): Promise<SetUp> {
  const stack = new AsyncDisposableStack()
  const idp = stack.use(await hostileProvider())
  idp.lie = lie
  const { server, url } = stack.use(await openSite())
  const written: string[] = []
  const log = pino({ level: 'info', base: null }, { write: (line: string) => void written.push(line) })
  const store = memoryStore()
  const bff: SetUp = {
    url,
    idp,
    store,
    ahead: 0,
    written,
    said: () =>
      written
        .map((line) => JSON.parse(line) as Line)
        .filter(({ msg }) => !['exchange', 'audit', 'sessions'].includes(msg)),
    audited: () => written.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'audit'),
    restart: (options = {}) => {
      const known = revocations({ store, log })
      const session = webSession({
        issuer: idp.issuer,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        publicUrl: url,
        scope: 'openid profile',
        keys: ['a-key-of-this-test-for-its-sessions'],
        store,
        log,
        revocations: known,
        clock: () => Date.now() + bff.ahead,
        ...given,
        ...options,
      })
      const { app } = gateway({}, {}, {})
      const { authenticate, routes } = session
      const { handler } = app([...routes, whoAmI], { upstreams: {}, authenticate, revocations: known, log })
      server.removeAllListeners('request').on('request', handler)
    },
    toCallback: (someone, query = {}) =>
      someone.follow(`${url}/bff/login?${new URLSearchParams(query)}`, `${url}/bff/callback`),
    signIn: async (someone = browser(), query = {}) => {
      const response = await someone.request(await bff.toCallback(someone, query))
      if (response.status !== 303) throw new Error(`the callback answered ${response.status}: ${await response.text()}`)
      return someone
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
  bff.restart()
  return bff
}

export const isSignedIn = async (bff: SetUp, someone: Browser): Promise<boolean> => {
  const { authenticated } = (await (await someone.request(`${bff.url}/bff/session`)).json()) as {
    authenticated: boolean
  }
  return authenticated
}

/** What must not be there, and is. */
export const leaked = (bff: SetUp, text: string): string[] => [...bff.idp.secrets].filter((one) => text.includes(one))
