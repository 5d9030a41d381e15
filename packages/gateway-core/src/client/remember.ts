type Fetch = typeof globalThis.fetch

interface Kept {
  readonly etag: string
  readonly body: string
  readonly headers: Headers
}

export interface MemoryOptions {
  /** Responses kept; evicts the least recently used. Default 50. */
  readonly entries?: number
  /** Changes with the person, which clears the cache: `() => as.person`. Default: always the same. */
  readonly who?: () => unknown
  readonly fetch?: Fetch | undefined
}

/**
 * A `fetch` that sends `If-None-Match` for cached responses, and answers a 304 from memory (RFC 9110 §13.1.2). For
 * apps: browsers have their own cache. Caches by URL the 200 responses to GET that have an `ETag` and no `no-store`.
 */
export function remember({ entries = 50, who = () => 0, fetch }: MemoryOptions = {}): Fetch {
  const memory = new Map<string, Kept>()
  let owner = who()
  return async (input, init = {}) => {
    const ask = fetch ?? globalThis.fetch
    if (init.method !== 'GET' || typeof input !== 'string') return ask(input, init)
    const asker = who()
    if (owner !== asker) memory.clear()
    owner = asker
    const known = memory.get(input)
    const headers = new Headers(init.headers)
    if (known !== undefined) headers.set('if-none-match', known.etag)
    const answer = await ask(input, { ...init, headers })
    if (answer.status === 304 && known !== undefined) {
      if (memory.get(input) === known) keep(memory, input, known, entries)
      return new Response(known.body, { headers: known.headers })
    }
    const etag = answer.headers.get('etag')
    if (answer.status !== 200 || etag === null || /no-store/i.test(answer.headers.get('cache-control') ?? ''))
      return answer
    const body = await answer.text()
    if (asker === who()) keep(memory, input, { etag, body, headers: answer.headers }, entries)
    return new Response(body, { headers: answer.headers })
  }
}

function keep(memory: Map<string, Kept>, url: string, kept: Kept, most: number): void {
  memory.delete(url)
  memory.set(url, kept)
  for (const oldest of memory.keys()) {
    if (memory.size <= most) return
    memory.delete(oldest)
  }
}
