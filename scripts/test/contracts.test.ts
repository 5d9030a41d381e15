import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Contract } from '@bff/gateway-core/contract'
import { openApi } from '../../packages/gateway-core/src/openapi/open-api.ts'
import { type Clients, clients, compareVersions, isVersion, main, versionsInUse } from '../contracts.ts'
import { release } from '../release-contract.ts'

const first: Contract = { 'GET /a': {}, 'GET /b': { errors: { gone: 404 } } }
const without: Contract = { 'GET /a': {} }

const printing = (contract: Contract): Clients => ({
  app: (version) => openApi(contract, { title: 'App', version, security: 'bearer' }),
})

let root: string
let folders: { readonly apps: string; readonly released: string }
let said: string[]

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'contracts-'))
  folders = { apps: join(root, 'apps'), released: join(root, 'released') }
  mkdirSync(join(folders.apps, 'app-bff'), { recursive: true })
  said = []
})

afterEach(() => rmSync(root, { recursive: true }))

const run = (contract: Contract, ...args: string[]) =>
  main(args, printing(contract), folders, (line) => said.push(line))
const record = (contract: Contract, ...args: string[]) => release(args, printing(contract), folders)
const floor = (text: string) => writeFileSync(join(folders.released, 'app/floor.json'), text)

describe('contracts', () => {
  it('misses a file that was never written, and says what to do', () => {
    expect(run(first)).toBe(1)
    expect(said).toEqual([expect.stringMatching(/app-bff\/openapi\.json .* run `npm run contracts -- --write`/)])
  })

  it('writes the files, and is content with them until the contract changes', () => {
    expect(run(first, '--write')).toBe(0)
    expect(run(first)).toBe(0)
    expect(JSON.parse(readFileSync(join(folders.apps, 'app-bff/openapi.json'), 'utf8'))).toHaveProperty('paths./a')
    expect(run(without)).toBe(1)
  })

  it('knows no other option', () => {
    expect(() => run(first, '--wirte')).toThrow('--wirte')
  })

  it('refuses what breaks a client that was released, and says whom, where and what', () => {
    record(first, 'app', '1.0.0')
    expect(run(without, '--write')).toBe(1)
    expect(said).toEqual(['app 1.0.0 breaks: GET /b: It was removed.'])
  })

  it('compares with every release that is not below the floor, and always with the newest', () => {
    record(first, 'app', '1.0.0')
    record(without, 'app', '1.10.0')
    expect(run(without, '--write')).toBe(1)
    floor('{ "floor": "1.9.0" }')
    expect(run(without)).toBe(0)
    floor('{ "floor": "3.0.0" }')
    expect(versionsInUse('app', folders.released)).toEqual(['1.10.0'])
  })

  it.each(['{}', '{ "floor": "1.9" }', '1.9.0'])('does not guess what a floor of %s means', (text) => {
    record(first, 'app', '1.0.0')
    floor(text)
    expect(() => run(first)).toThrow('floor.json')
  })

  it('asks about a file that is named after no version', () => {
    record(first, 'app', '1.0.0')
    writeFileSync(join(folders.released, 'app/1.0.json'), '{}')
    expect(() => run(first)).toThrow('the name must be a version')
  })

  it('says which release is no JSON', () => {
    record(first, 'app', '1.0.0')
    writeFileSync(join(folders.released, 'app/1.0.0.json'), '{')
    expect(() => run(first)).toThrow('1.0.0.json is not valid JSON')
  })

  it.each(Object.keys(clients))('prints the contract of %s, and it breaks nothing against itself', (client) => {
    mkdirSync(join(folders.apps, `${client}-bff`))
    const only = { [client]: clients[client]! }
    release([client, '1.0.0'], only, folders)
    expect(main(['--write'], only, folders, (line) => said.push(line))).toBe(0)
  })
})

describe('release-contract', () => {
  it('records what the contract says, under its version', () => {
    const file = record(first, 'app', '1.2.0')
    expect(file).toBe(join(folders.released, 'app/1.2.0.json'))
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ info: { version: '1.2.0' }, paths: { '/b': {} } })
  })

  it.each(['1.2.0', '1.1.9', '0.9.0'])('refuses %s once there is 1.2.0, and leaves that as it is', (version) => {
    const before = readFileSync(record(first, 'app', '1.2.0'), 'utf8')
    expect(() => record(without, 'app', version)).toThrow('1.2.0 is already recorded')
    expect(readFileSync(join(folders.released, 'app/1.2.0.json'), 'utf8')).toBe(before)
  })

  it.each([
    [[], 'npm run release-contract -- <client> <version>'],
    [['app'], '<client> <version>'],
    [['app', '1.0.0', 'more'], '<client> <version>'],
    [['tv', '1.0.0'], 'There is no client "tv", only app.'],
    [['constructor', '1.0.0'], 'There is no client "constructor"'],
    [['app', 'v1.0.0'], '"v1.0.0" is not a version'],
    [['app', '../1.0.0'], 'is not a version'],
    [['app', '1.0.0', '--force'], '--force'],
  ])('refuses %j', (args, message) => {
    expect(() => record(first, ...args)).toThrow(message)
  })
})

describe('versions', () => {
  it.each(['1.2.3', '0.0.0', '10.20.30'])('%s is one', (text) => expect(isVersion(text)).toBe(true))

  it.each(['1.2', '1.2.3.4', '01.2.3', '1.2.3-beta', ' 1.2.3', '1.2.3\n', '', 'floor'])('%j is none', (text) =>
    expect(isVersion(text)).toBe(false),
  )

  it('are compared by their numbers, not as texts', () => {
    expect(['1.10.0', '1.9.9', '0.99.0', '1.9.10'].toSorted(compareVersions)).toEqual([
      '0.99.0',
      '1.9.9',
      '1.9.10',
      '1.10.0',
    ])
  })
})
