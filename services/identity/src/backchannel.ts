import type { Logger } from '@bff/service-kit'

export interface Backchannel extends AsyncDisposable {
  /**
   * Settles with the first try, at most 1 s long, so that no client delays a sign-out for longer. A failed delivery is retried in
   * the background while the logout token is valid.
   */
  readonly send: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
}

export interface BackchannelOptions {
  readonly log: Logger
  readonly fetch?: typeof fetch
  /** Milliseconds before each retry; the sum stays below the token's lifetime of 2 minutes. */
  readonly pauses?: readonly number[]
}

const timeout = 1_000

/** Delivers logout tokens to clients (OpenID Connect Back-Channel Logout 1.0 §2.5). */
export function backchannel(options: BackchannelOptions): Backchannel {
  const { log, fetch = globalThis.fetch, pauses = [500, 2_000, 10_000, 30_000] } = options
  const waiting = new Set<NodeJS.Timeout>()

  const attempt = async (url: string, { method, headers, body }: RequestInit): Promise<Response> => {
    const signal = AbortSignal.timeout(timeout)
    // Only URLs from client registrations are called, so private addresses are allowed.
    const answer = await fetch(url, { method, headers, body, redirect: 'manual', signal } as RequestInit)
    await answer.body?.cancel()
    if (answer.status >= 500 || answer.status === 429) throw new Error(`${url} answered ${answer.status}`)
    return answer
  }

  const later = (url: string, init: RequestInit, [pause, ...more]: readonly number[]): void => {
    if (pause === undefined) return log.error({ url }, 'gave up notifying a client of a sign-out')
    const again = async (): Promise<void> => {
      waiting.delete(timer)
      try {
        const { status } = await attempt(url, init)
        log.info({ url, status }, 'notified a client of a sign-out after a retry')
      } catch (err) {
        log.warn({ err, url }, 'could not notify a client of a sign-out')
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
