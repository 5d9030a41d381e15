/** As much of a browser as a login needs: cookies by host, and redirects one at a time. */
export function browser() {
  const jar = new Map<string, Map<string, string>>()
  const cookiesOf = (url: string): Map<string, string> => {
    const { host } = new URL(url)
    const found = jar.get(host) ?? new Map<string, string>()
    jar.set(host, found)
    return found
  }
  const keep = (url: string, lines: readonly string[]): void => {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/max-age=0\b|expires=thu, 01 jan 1970/i.test(line)) cookiesOf(url).delete(name!)
      else cookiesOf(url).set(name!, value!)
    }
  }
  const request = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const cookies = [...cookiesOf(url)].map((pair) => pair.join('='))
    const headers = new Headers(init.headers)
    if (cookies.length > 0) headers.set('cookie', cookies.join('; '))
    // As if somebody had typed the address, unless a test says otherwise.
    if (!headers.has('sec-fetch-site') && !headers.has('origin')) headers.set('sec-fetch-site', 'none')
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    keep(url, response.headers.getSetCookie())
    return response
  }
  return {
    cookies: cookiesOf,
    request,
    /** Goes where it is sent until the address starts with `stop`, and does not open that. */
    follow: async (url: string, stop: string): Promise<string> => {
      let next = url
      for (let hops = 0; hops < 10; hops += 1) {
        const response = await request(next)
        await response.body?.cancel()
        const location = response.headers.get('location')
        if (location === null) throw new Error(`${next} answered ${response.status}, which leads nowhere`)
        next = new URL(location, next).href
        if (next.startsWith(stop)) return next
      }
      throw new Error(`too many redirects from ${url}`)
    },
  }
}

export type Browser = ReturnType<typeof browser>
