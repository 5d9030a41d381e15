import { problem } from '../problem.ts'
import { inRange } from '../version-range.ts'
import type { Gate } from './exchange.ts'

export interface AppVersions {
  /** The oldest app that is still answered: `2.3.0`. A pre-release comes before its release. */
  readonly minimum: string
  /** The newest in the store. */
  readonly latest: string
  /** Where an app that is too old sends its user. `https`, or the scheme of a store. */
  readonly storeUrl: string
  /** Paths of routes as they are listed, which answer every app: what it must ask to find out, and what ends a session. */
  readonly exempt?: readonly string[]
}

/**
 * Refuses apps that say, in `x-app-version`, that they are older than `minimum`: 403 `app-update-required`, before anybody
 * is authenticated.
 *
 * Only an app that says it is too old is refused. One that says nothing, or nothing that can be read, passes: what loads an
 * app's images sends no such field, nor did the releases before it was invented, and they cannot be changed any more. It
 * protects an app from answers that it would misread; it protects nothing from anybody who leaves the field out.
 *
 * 403, for 426 demands an `Upgrade` field (RFC 9110 §15.5.22), which HTTP/2 forbids. Throws a `TypeError` for versions or
 * an address that make no sense.
 */
export function appVersion(versions: AppVersions): Gate {
  const { minimum, latest, storeUrl, exempt = [] } = sound(versions)
  const tooOld = inRange(`<${minimum}`)
  const extra = { minVersion: minimum, latest, storeUrl, blocking: true }
  return (exchange, { path }) => {
    const said = exchange.headers['x-app-version']
    if (typeof said !== 'string' || !tooOld(said) || exempt.includes(path)) return
    throw problem(403, 'app-update-required', {
      detail: 'This version of the app is no longer supported. Update it to continue.',
      extra,
    })
  }
}

function sound(versions: AppVersions): AppVersions {
  const { minimum, latest, storeUrl, exempt = [] } = versions
  const faults = [
    isVersion(minimum) ? '' : `minimum: ${JSON.stringify(minimum)} is no version`,
    isVersion(latest) ? '' : `latest: ${JSON.stringify(latest)} is no version`,
    isVersion(minimum) && isVersion(latest) && inRange(`<${minimum}`)(latest)
      ? `latest: nobody could update, ${latest} is older than ${minimum}`
      : '',
    URL.canParse(storeUrl) && !/^(?:http|javascript|data|file):/i.test(storeUrl)
      ? ''
      : `storeUrl: ${JSON.stringify(storeUrl)} is no address to send a user to`,
    ...exempt.map((path) => (path.startsWith('/') ? '' : `exempt: ${JSON.stringify(path)} is no path of a route`)),
  ].filter((fault) => fault !== '')
  if (faults.length > 0) throw new TypeError(`The versions of the app do not fit: ${faults.join('; ')}.`)
  return versions
}

/** A range of this one version alone has it, and nothing that is no version is in any. */
function isVersion(text: string): boolean {
  try {
    return inRange(`>=${text}`)(text)
  } catch {
    return false
  }
}
