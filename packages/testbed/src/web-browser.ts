import type { Web } from '@bff/contracts/web'
import { type Client, cookie, createClient } from '@bff/gateway-core/client'
import { cookieHeader, demoBrowser, keepCookies, type Person } from '@bff/mobile/demo-browser'

/** The parts of a browser web-bff needs: cookies, redirects and a login form. The e2e tests use a real one. */
export class WebBrowser {
  readonly #web: string
  readonly #cookies = new Map<string, string>()
  readonly bff: Client<Web>

  constructor(web: string) {
    this.#web = web
    this.bff = createClient<Web>({ baseUrl: web, as: cookie(), fetch: (url, init) => this.fetch(String(url), init) })
  }

  /** Names of all cookies. */
  get cookies(): string[] {
    return [...this.#cookies.keys()]
  }

  /** Fetches as a script of the page would, sending and storing cookies. */
  async fetch(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('cookie', cookieHeader(this.#cookies))
    if (!headers.has('sec-fetch-site')) headers.set('sec-fetch-site', 'same-origin')
    const answer = await fetch(new URL(url, this.#web), { redirect: 'manual', ...init, headers })
    keepCookies(this.#cookies, answer)
    return answer
  }

  signIn(person: Person): Promise<void> {
    return demoBrowser(person, this.#cookies)(`${this.#web}/bff/login?returnUrl=/`)
  }
}
