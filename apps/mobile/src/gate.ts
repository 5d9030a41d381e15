import { ClientProblem } from '@bff/gateway-core/client'

/** What to tell a person whose app is too old. */
export interface Update {
  readonly minVersion: string | undefined
  readonly latest: string | undefined
  readonly storeUrl: string | undefined
}

/**
 * Shuts for good when the BFF says that this app is too old (403 `app-update-required`). From then on every operation but the
 * `open` ones fails with that problem and is not sent: thousands of old apps that go on asking would be a flood of our own making.
 */
export function gate(open: readonly string[], onShut: (update: Update) => void = () => undefined) {
  let refusal: ClientProblem | undefined
  return {
    /** To be shown every problem. */
    see(problem: ClientProblem): void {
      if (problem.code !== 'app-update-required' || refusal !== undefined) return
      refusal = problem
      const { minVersion, latest, storeUrl } = problem.extra
      onShut({ minVersion: text(minVersion), latest: text(latest), storeUrl: text(storeUrl) })
    },
    /** To be asked before every request. Throws when it must not be sent. */
    pass(operation: string): void {
      if (refusal === undefined || open.includes(operation)) return
      const { status, code, title, detail, traceId, extra } = refusal
      throw new ClientProblem(operation, status, { ...extra, code, title, detail, traceId })
    },
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
