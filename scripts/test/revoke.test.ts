import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { revocations } from '@bff/gateway-core/auth'
import { openStore } from '@bff/gateway-core/state'
import { hasRedis, redisServer, signedInAs } from '@bff/gateway-core/testing'
import { pino } from 'pino'

const log = pino({ level: 'silent' })
const { PATH = '' } = process.env

async function run(REDIS_URL: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../revoke.ts'), ...args], {
    env: { PATH, REDIS_URL },
  })
  const ended = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: ((await ended) as [number])[0], stdout, stderr }
}

describe('npm run revoke', () => {
  it('says why it cannot, where nothing is shared', async () => {
    const { code, stderr } = await run('', '--user', 'someone')
    expect([code, stderr]).toEqual([1, expect.stringContaining('REDIS_URL is empty')])
  })

  it.each([[[]], [['--user', '']], [['--user', 'a', '--token', 'b']], [['--everybody']]])(
    'says how it is called when it is not, as with %j',
    async (args) => {
      const { code, stderr } = await run('redis://127.0.0.1:9', ...args)
      expect([code, stderr]).toEqual([2, expect.stringContaining('npm run revoke -- --user')])
    },
  )

  it('does not say that it is done when the store is down', async () => {
    const { code, stdout, stderr } = await run('redis://127.0.0.1:9', '--user', 'someone')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('revocation-failed')
  }, 20_000)
})

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

suite('npm run revoke, on the Redis of the BFFs', () => {
  it.each(['user', 'session', 'token'] as const)(
    'L-9: takes a %s back at both, and says so in the audit log',
    async (kind) => {
      await using stack = new AsyncDisposableStack()
      const { url } = stack.use(await redisServer())
      const proof = signedInAs('u1', { sessionId: 's1', tokenId: 't1', issuedAt: Date.now() - 10_000 })
      const known = []
      for (const prefix of ['web-bff:', 'mobile-bff:']) {
        const store = await openStore({ url, prefix, log })
        stack.defer(async () => store[Symbol.asyncDispose]?.())
        known.push(stack.use(revocations({ store, log })))
      }
      const id = { user: 'u1', session: 's1', token: 't1' }[kind]
      const { code, stdout, stderr } = await run(url, `--${kind}`, id, '--reason', 'leaked')
      expect([code, stdout]).toEqual([0, `The ${kind} ${id} is revoked at web-bff and mobile-bff.\n`])
      while (!known.every((one) => one.isRevoked(proof))) await sleep(10)
      const lines = stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
      expect(lines).toEqual(
        ['web-bff', 'mobile-bff'].map((bff) =>
          expect.objectContaining({ bff, audit: 'authn_token_revoked', reason: 'leaked' }),
        ),
      )
    },
  )
})
