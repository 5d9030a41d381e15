import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { EnvironmentError, oneOf, optionalSecrets, pem, port, readEnv, redis, secret, url } from './env.ts'

const variables = {
  APP_PORT: port(4000),
  CATALOG_URL: url('http://localhost:4101'),
  APP_SECRET: secret('x'.repeat(32)),
}

describe('readEnv', () => {
  it('uses the defaults of development', () => {
    expect(readEnv(variables, {})).toEqual({
      APP_PORT: 4000,
      CATALOG_URL: 'http://localhost:4101',
      APP_SECRET: 'x'.repeat(32),
    })
  })

  it('lists every fault in one message, with its mend, and never echoes a secret', () => {
    const read = () => readEnv(variables, { APP_PORT: '70000', CATALOG_URL: 'catalog:4101/?x', APP_SECRET: 'hunter2' })
    expect(read).toThrow(/APP_PORT: "70000" is invalid.*Example: APP_PORT=4000/)
    expect(read).toThrow(/CATALOG_URL: "catalog:4101\/\?x" is invalid/)
    expect(read).toThrow(/APP_SECRET: its value is invalid/)
    expect(read).not.toThrow(/hunter2/)
  })

  it('has no default address and no default secret in production', () => {
    const read = () => readEnv(variables, { NODE_ENV: 'production' })
    expect(read).toThrow(/CATALOG_URL is not set/)
    expect(read).toThrow(/APP_SECRET is not set/)
    expect(read).not.toThrow(/APP_PORT/)
  })
})

describe('a variable whose value is in a file', () => {
  const read = (source: Record<string, string>) => readEnv({ APP_SECRET: secret('d'.repeat(32)) }, source).APP_SECRET
  const file = (content: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'env-')), 'secret')
    writeFileSync(path, content)
    return path
  }

  it('is read from it, also where the variable stands empty', () => {
    const APP_SECRET_FILE = file(`${'s'.repeat(40)}\n`)
    expect(read({ APP_SECRET_FILE })).toBe('s'.repeat(40))
    expect(read({ APP_SECRET_FILE, APP_SECRET: '' })).toBe('s'.repeat(40))
    expect(read({ APP_SECRET_FILE: '', APP_SECRET: 'v'.repeat(32) })).toBe('v'.repeat(32))
  })

  it('is one fault among the others when the file cannot be read, is empty, or is one of two values', () => {
    expect(() => read({ APP_SECRET_FILE: '/none/of/these' })).toThrow(EnvironmentError)
    expect(() => read({ APP_SECRET_FILE: '/none/of/these' })).toThrow(/APP_SECRET_FILE: "\/none\/of\/these".*ENOENT/)
    expect(() => read({ APP_SECRET_FILE: file('') })).toThrow(/APP_SECRET: its value is invalid/)
    expect(() => read({ APP_SECRET_FILE: file('s'.repeat(32)), APP_SECRET: 'v'.repeat(32) })).toThrow(/both set/)
  })
})

describe('variables that depend on each other', () => {
  const variables = { MODE: oneOf('off', 'on'), KEY: optionalSecrets(), PORT: port(1) }
  const read = (source: Record<string, string>) =>
    readEnv(variables, source, ({ MODE, KEY }) => (MODE === 'on' && KEY?.length === 0 ? ['KEY is needed'] : []))

  it('may each be in order, and are told of with the other faults', () => {
    const key = 'k'.repeat(32)
    expect(read({})).toMatchObject({ MODE: 'off', KEY: [] })
    expect(read({ MODE: 'on', KEY: `${key}1, ${key}2` })).toMatchObject({ KEY: [`${key}1`, `${key}2`] })
    expect(() => read({ MODE: 'on', PORT: 'x' })).toThrow(/PORT: "x" is invalid.*\n.*KEY is needed/)
    expect(() => read({ MODE: 'on', KEY: `${key},hunter2` })).toThrow(/KEY: its value is invalid/)
    expect(() => read({ MODE: 'on', KEY: 'hunter2' })).not.toThrow(/hunter2|is needed/)
  })
})

describe('PEM', () => {
  const read = (source: Record<string, string>) =>
    readEnv({ ORDERS_CA: pem() }, { NODE_ENV: 'production', ...source }).ORDERS_CA
  const file = (content: string) => {
    const path = join(mkdtempSync(join(tmpdir(), 'env-')), 'ca.pem')
    writeFileSync(path, content)
    return path
  }
  const some = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'

  it('is what the variable or its file holds, and may be left out', () => {
    expect(read({ ORDERS_CA: some })).toBe(some)
    expect(read({ ORDERS_CA_FILE: file(`${some}\n`) })).toBe(some)
    expect([read({}), read({ ORDERS_CA: '' }), read({ ORDERS_CA: 'none' })]).toEqual([undefined, undefined, undefined])
  })

  it('is not left out by a file that is empty, and is not shown', () => {
    expect(() => read({ ORDERS_CA_FILE: file('') })).toThrow(/ORDERS_CA: its value is invalid/)
    expect(() => read({ ORDERS_CA: 'hunter2' })).toThrow(
      /ORDERS_CA: its value is invalid.*Example: ORDERS_CA="\$\(cat ca.pem\)"/,
    )
    expect(() => read({ ORDERS_CA: 'hunter2' })).not.toThrow(/hunter2/)
  })
})

describe('the address of a Redis', () => {
  const read = (REDIS_URL: string) => readEnv({ REDIS_URL: redis() }, { REDIS_URL, NODE_ENV: 'production' }).REDIS_URL

  it.each([
    '',
    'redis://localhost',
    'redis://:p%40ss@redis:6379/2',
    'rediss://user:pass@redis.example',
    'redis://[::1]:1/',
  ])('may be %j', (address) => {
    expect(read(address)).toBe(address)
  })

  it.each([
    'http://user:hunter2@redis',
    'user:hunter2@redis:6379',
    'redis://user:hunter2@redis/first',
    'redis://user:hunter2@redis?enableOfflineQueue=true',
    'redis://user:hunter2@redis#0',
    'redis://user:hunter2@',
    'redis://user:hunter2%@redis',
    '/run/hunter2.sock',
  ])('may not be %j, and what it holds is not shown', (address) => {
    expect(() => read(address)).toThrow(/REDIS_URL: its value is invalid/)
    expect(() => read(address)).not.toThrow(/hunter2/)
  })
})

describe('one of some words', () => {
  const read = (MODE?: string) => readEnv({ MODE: oneOf('off', 'on') }, { MODE }).MODE

  it('is the first of them when nothing is said, and no other word', () => {
    expect([read(), read(''), read('off'), read('on')]).toEqual(['off', 'off', 'off', 'on'])
    for (const wrong of ['On', 'yes', ' on']) expect(() => read(wrong)).toThrow(/MODE: .*one of off, on/)
  })
})
