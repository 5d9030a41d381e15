import { problem } from '../problem.ts'
import { inRange } from '../version-range.ts'
import type { Gate } from './exchange.ts'

export interface AppVersions {
  /** The oldest supported app: `2.3.0`. A pre-release sorts before its release. */
  readonly minimum: string
  /** The newest version in the store. */
  readonly latest: string
  /** Where an outdated app sends its user: `https` or an app store's scheme. */
  readonly storeUrl: string
  /** Route paths, as listed, open to every version: the version check itself, and what ends a session. */
  readonly exempt?: readonly string[]
}

/**
 * Refuses apps whose `x-app-version` is older than `minimum` with 403 `app-update-required`, before authentication.
 *
 * A missing or unreadable version passes: image loaders do not send the header, nor do releases that predate it. The
 * gate protects an app from responses it would misread; it is no security control, as anybody can omit the header.
 *
 * Not 426, which requires an `Upgrade` header (RFC 9110 §15.5.22) that HTTP/2 forbids. Throws a `TypeError` for invalid
 * versions or an invalid address.
 */
export function appVersion(versions: AppVersions): Gate {
  const { minimum, latest, storeUrl, exempt = [] } = validated(versions)
  const tooOld = inRange(`<${minimum}`)
  const extra = { minVersion: minimum, latest, storeUrl, blocking: true }
  return (exchange, { path }) => {
    const version = exchange.headers['x-app-version']
    if (typeof version !== 'string' || !tooOld(version) || exempt.includes(path)) return
    throw problem(403, 'app-update-required', {
      detail: 'This version of the app is no longer supported. Update it to continue.',
      extra,
    })
  }
}

function validated(versions: AppVersions): AppVersions {
  const { minimum, latest, storeUrl, exempt = [] } = versions
  const faults = [
    isVersion(minimum) ? '' : `minimum: ${JSON.stringify(minimum)} is not a version`,
    isVersion(latest) ? '' : `latest: ${JSON.stringify(latest)} is not a version`,
    isVersion(minimum) && isVersion(latest) && inRange(`<${minimum}`)(latest)
      ? `latest: no one could update, ${latest} is older than ${minimum}`
      : '',
    URL.canParse(storeUrl) && !/^(?:http|javascript|data|file):/i.test(storeUrl)
      ? ''
      : `storeUrl: ${JSON.stringify(storeUrl)} is not an address to send a user to`,
    ...exempt.map((path) => (path.startsWith('/') ? '' : `exempt: ${JSON.stringify(path)} is not a route path`)),
  ].filter((fault) => fault !== '')
  if (faults.length > 0) throw new TypeError(`The versions of the app do not fit: ${faults.join('; ')}.`)
  return versions
}

/** Only a valid version lies in the range that starts at it. */
function isVersion(text: string): boolean {
  try {
    return inRange(`>=${text}`)(text)
  } catch {
    return false
  }
}
