/** The parts of a browser a login needs: cookies, single-step redirects, and a form. */
export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #headers: Readonly<Record<string, string>>

  /** Headers for every request. */
  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers
  }

  async open(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { cookie, accept: 'text/html', ...this.#headers }
    const response = await fetch(url, { ...init, redirect: 'manual', headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '') this.#cookies.delete(name!)
      else this.#cookies.set(name!, value!)
    }
    return response
  }

  /** Follows redirects up to a page, or to another origin, which it does not open. */
  async follow(url: string, init?: RequestInit): Promise<Page> {
    const response = await this.open(url, init)
    const location = response.headers.get('location')
    if (location === null)
      return { url, status: response.status, headers: response.headers, text: await response.text() }
    await response.body?.cancel()
    const next = new URL(location, url)
    if (next.origin === new URL(url).origin) return this.follow(next.href)
    return { url: next.href, status: response.status, headers: response.headers, text: '' }
  }

  /** Fills in and submits a page's form, keeping hidden fields. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]*)"/.exec(page.text)![1]!
    const body = new URLSearchParams(fields)
    for (const [, name, value] of page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
      body.set(name!, value!)
    }
    return this.follow(new URL(action, page.url).href, { method: 'POST', body })
  }
}

export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
}
