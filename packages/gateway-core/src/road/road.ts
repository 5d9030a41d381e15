import { complete, type FullPolicy, type Policy } from '../policy.ts'
import { pipe, type Service } from './call.ts'
import { deadline } from './filters/deadline.ts'
import { onward } from './filters/onward.ts'
import { retry } from './filters/retry.ts'
import { connections } from './pool.ts'

export interface Road extends AsyncDisposable {
  readonly policy: FullPolicy
  readonly address: string
  readonly send: Service
}

/** The one way to an upstream over HTTP, for both doors: its policy as filters, outermost first, onto its connections. */
export function road(address: string, given: Policy): Road {
  const policy = complete(given)
  const end = connections(address, policy)
  return {
    policy,
    address,
    send: pipe(
      [deadline(policy.timeout, policy.streamTimeout), retry(policy.attempts), onward(policy.token)],
      end.send,
    ),
    [Symbol.asyncDispose]: () => end[Symbol.asyncDispose](),
  }
}
