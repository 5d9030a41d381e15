import type { Mobile } from '@bff/contracts/mobile'
import { type Caller, type ClientOptions, createClient, remember } from '@bff/gateway-core/client'
import { gate, type Update } from './gate.ts'

export interface MobileOptions extends Pick<ClientOptions, 'fetch' | 'onProblem' | 'onDeprecated'> {
  readonly baseUrl: string
  /** Who calls: `keep(…).as`. Absent: anonymous, so only open operations succeed. */
  readonly as?: Caller & { readonly person: number }
  /** Default: this app. */
  readonly app?: App
  /** Called once, when this app turns out to be too old. From then on only `GET /m/v1/bootstrap` is sent. */
  readonly onUpdateRequired?: (update: Update) => void
}

export interface App {
  readonly version: string
  readonly platform: 'ios' | 'android'
}

export const thisApp: App = { version: '1.0.0', platform: 'android' }

const always: readonly (keyof Mobile)[] = ['GET /m/v1/bootstrap']

/** Every operation of mobile-bff, typed by its contract. Revalidates earlier responses with `If-None-Match`. */
export function mobileClient({ baseUrl, as, app = thisApp, fetch, onUpdateRequired, ...told }: MobileOptions) {
  const update = gate(always, onUpdateRequired)
  const headers = { 'x-app-version': app.version, 'x-app-platform': app.platform }
  return createClient<Mobile>({
    ...told,
    baseUrl,
    as,
    fetch: remember({ fetch, who: () => as?.person }),
    headers(operation) {
      update.pass(operation)
      return headers
    },
    onProblem(problem) {
      update.see(problem)
      told.onProblem?.(problem)
    },
  })
}
