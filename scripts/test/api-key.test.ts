import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { apiKeyRecords } from '@bff/gateway-core/auth'
import { apiKey } from '../api-key.ts'

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../api-key.ts'), ...args], { encoding: 'utf8' })

describe('npm run api-key', () => {
  it('makes a key, and an entry that knows its hash and its end', () => {
    const now = Date.parse('2027-01-01T00:00:00Z')
    const { key, entry } = apiKey('partner', ['read'], 10, now)
    const [record] = apiKeyRecords.parse(`[${entry}]`)
    expect(record).toMatchObject({ client: 'partner', scopes: ['read'], createdAt: now, expiresAt: now + 864_000_000 })
    expect(key).toContain(record!.id)
    expect(entry).not.toContain(key.slice(22))
  })

  it('shows the key to whoever asked for it', () => {
    const { status, stdout } = run('--client', 'partner', '--scopes', 'read, write')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ {2}bffk_[0-9a-f]{16}\.[\w-]{43}$/m)
    expect(stdout).toContain('"scopes":["read","write"]')
  })

  it.each([[], ['--client', 'a b'], ['--client', 'partner', '--days', '0'], ['--client', 'partner', '--days', 'x']])(
    'says how it is called when it is not, as with %j %j %j %j',
    (...args) => {
      const { status, stderr } = run(...args.filter((arg) => arg !== undefined))
      expect(status).toBe(2)
      expect(stderr).toContain('npm run api-key -- --client')
    },
  )
})
