/** As much of a browser as a login needs: cookies, redirects one at a time, and a form. */
export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #headers: Readonly<Record<string, string>>

  /** What it sends with every request. */
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

  /** Goes where it is sent, until there is a page or another origin, which it does not open. */
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

  /** Fills in the form of a page, leaves what is hidden as it is, and sends it. */
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
