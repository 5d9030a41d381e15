// npm run revoke -- --user <sub> | --session <name> | --token <jti> [--reason leaked] — revokes credentials in both BFFs within a second.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf, misused } from '@bff/gateway-core/arguments'
import { revocations } from '@bff/gateway-core/auth'
import { readEnv, redis } from '@bff/gateway-core/env'
import { Problem } from '@bff/gateway-core/problem'
import { openStore } from '@bff/gateway-core/state'
import { type Logger, pino } from 'pino'

export type Kind = 'user' | 'session' | 'token'

const bffs = ['web-bff', 'mobile-bff']

/** Rejects unless every process is sure to know. Writes one audit log line per BFF. */
export async function revoke(url: string, kind: Kind, id: string, reason: string, log: Logger): Promise<void> {
  for (const name of bffs) {
    await using stack = new AsyncDisposableStack()
    const store = await openStore({ url, prefix: `${name}:`, log })
    stack.defer(async () => store[Symbol.asyncDispose]?.())
    const known = stack.use(revocations({ store, log: log.child({ bff: name }) }))
    await known[kind](id, reason)
  }
}

const usage = `npm run revoke -- --user <sub> | --session <name> | --token <jti> [--reason leaked]

  --user     everything issued to a user until now
  --session  one session, by its name in the audit log
  --token    one access token by its jti, or an API key by its id`

async function main(): Promise<string> {
  const text = { type: 'string' } as const
  const options = { user: text, session: text, token: text, reason: { ...text, default: 'administrator' } }
  const { values } = argumentsOf(usage, { options })
  const asked = (['user', 'session', 'token'] as const).flatMap((kind) =>
    values[kind] ? [[kind, values[kind]] as const] : [],
  )
  const [one, another] = asked
  if (one === undefined || another !== undefined)
    return misused('Give exactly one of --user, --session and --token.', usage)
  const { REDIS_URL: url } = readEnv({ REDIS_URL: redis() })
  if (url === '') {
    throw new TypeError(
      'REDIS_URL is empty: each BFF process keeps its state in its own memory, which no other process can change.\n' +
        'Set it to the Redis of the BFFs; or restart them, which ends all sessions.\n',
    )
  }
  await revoke(url, ...one, values.reason, pino({ name: 'revoke', level: 'warn' }, pino.destination(2)))
  return `The ${one[0]} ${one[1]} is revoked at ${bffs.join(' and ')}.\n`
}

const reasonOf = (error: unknown): string => {
  if (error instanceof Problem) return `Some instances may not know of it: ${error.message} (${error.code})\n`
  return error instanceof TypeError && error.message.endsWith('\n')
    ? error.message
    : `${(error as Error).message}\n\n${usage}\n`
}

if (import.meta.main) {
  const settings = join(import.meta.dirname, '../.env')
  if (existsSync(settings)) process.loadEnvFile(settings)
  try {
    process.stdout.write(await main())
  } catch (error) {
    process.stderr.write(reasonOf(error))
    process.exitCode = 1
  }
}
