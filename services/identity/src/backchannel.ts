import type { Logger } from '@bff/service-kit'

export interface Backchannel extends AsyncDisposable {
  /**
   * Makes the first try, at most 1 s long, and settles as that did: nobody who signs out waits longer for a client. What failed is
   * tried again on its own, while the logout token lives.
   */
  readonly send: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
}

export interface BackchannelOptions {
  readonly log: Logger
  readonly fetch?: typeof fetch
  /** Milliseconds before each further try. In all less than the 2 minutes after which the token expires. */
  readonly pauses?: readonly number[]
}

const timeout = 1_000

/** How logout tokens reach the clients (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export function backchannel(options: BackchannelOptions): Backchannel {
  const { log, fetch = globalThis.fetch, pauses = [500, 2_000, 10_000, 30_000] } = options
  const waiting = new Set<NodeJS.Timeout>()

  const attempt = async (url: string, { method, headers, body }: RequestInit): Promise<Response> => {
    const signal = AbortSignal.timeout(timeout)
    // Only what a client's registration names is called, so addresses of this network are as good as any.
    const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal } as RequestInit)
    await answer.body?.cancel()
    if (answer.status >= 500 || answer.status === 429) throw new Error(`${url} answered ${answer.status}`)
    return answer
  }

  const later = (url: string, init: RequestInit, [pause, ...more]: readonly number[]): void => {
    if (pause === undefined) return log.error({ url }, 'a client does not know that a person has signed out')
    const again = async (): Promise<void> => {
      waiting.delete(timer)
      try {
        const { status } = await attempt(url, init)
        log.info({ url, status }, 'a client was told late that a person has signed out')
      } catch (err) {
        log.warn({ err, url }, 'a client was not told that a person has signed out')
        later(url, init, more)
      }
    }
    const timer = setTimeout(() => void again(), pause)
    waiting.add(timer)
  }

  return {
    async send(input, init = {}) {
      const url = input instanceof Request ? input.url : String(input)
      try {
        return await attempt(url, init)
      } catch (error) {
        later(url, init, pauses)
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      for (const timer of waiting) clearTimeout(timer)
    },
  }
}
