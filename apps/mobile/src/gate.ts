import { ClientProblem } from '@bff/gateway-core/client'

/** What to show a user whose app is too old. */
export interface Update {
  readonly minVersion: string | undefined
  readonly latest: string | undefined
  readonly storeUrl: string | undefined
}

/**
 * Closes for good when the BFF reports that this app is too old (403 `app-update-required`). From then on every operation outside
 * `open` fails with that problem without being sent, so that thousands of old apps do not flood the BFF.
 */
export function gate(open: readonly string[], onShut: (update: Update) => void = () => undefined) {
  let refusal: ClientProblem | undefined
  return {
    /** Call with every problem. */
    see(problem: ClientProblem): void {
      if (problem.code !== 'app-update-required' || refusal !== undefined) return
      refusal = problem
      const { minVersion, latest, storeUrl } = problem.extra
      onShut({ minVersion: text(minVersion), latest: text(latest), storeUrl: text(storeUrl) })
    },
    /** Call before every request. Throws if the request must not be sent. */
    pass(operation: string): void {
      if (refusal === undefined || open.includes(operation)) return
      const { status, code, title, detail, traceId, extra } = refusal
      throw new ClientProblem(operation, status, { ...extra, code, title, detail, traceId })
    },
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
