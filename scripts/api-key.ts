// npm run api-key -- --client partner --scopes read,write [--days 365] — creates an API key, shown once and stored as a hash.
import { argumentsOf, misused } from '@bff/gateway-core/arguments'
import { apiKeyRecords, newApiKey } from '@bff/gateway-core/auth'

export interface Made {
  /** For the client. */
  readonly key: string
  /** An element of `API_KEYS`, for the BFF's environment. */
  readonly entry: string
}

/** Expires `days` after `now`. Throws if the BFF could not parse the entry. */
export function apiKey(client: string, scopes: readonly string[], days: number, now: number): Made {
  const { key, id, hash } = newApiKey()
  const date = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`
  const entry = JSON.stringify({
    id,
    client,
    hash,
    scopes,
    created: date(now),
    expires: date(now + days * 86_400_000),
  })
  apiKeyRecords.parse(`[${entry}]`)
  return { key, entry }
}

if (import.meta.main) {
  const usage = 'npm run api-key -- --client partner --scopes read,write [--days 365]'
  const { values } = argumentsOf(usage, {
    options: {
      client: { type: 'string', default: '' },
      scopes: { type: 'string', default: '' },
      days: { type: 'string', default: '365' },
    },
  })
  try {
    const scopes = values.scopes.split(',').flatMap((scope) => scope.trim() || [])
    const { key, entry } = apiKey(values.client, scopes, Number(values.days), Date.now())
    process.stdout.write(
      `For the client, shown only this once:\n  ${key}\n\nFor the list that \`apiKeyRecords\` reads from the environment:\n  ${entry}\n`,
    )
  } catch {
    misused('A key needs a client, at least one scope and a lifetime: --days must be above 0.', usage)
  }
}
