import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
const app = dirname(dirname(fileURLToPath(import.meta.url)))

describe('the build', () => {
  let folder = ''
  let page = ''
  let assets: string[] = []
  const read = async (ending: string): Promise<string> => {
    const names = assets.filter((name) => name.endsWith(ending))
    expect(names).toHaveLength(1)
    return readFile(join(folder, 'assets', String(names[0])), 'utf8')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'web-'))
    await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', folder], {
      cwd: app,
      env: { ...process.env, NODE_ENV: 'production' },
    })
    page = await readFile(join(folder, 'index.html'), 'utf8')
    assets = await readdir(join(folder, 'assets'))
  }, 60_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('B-26: lives under script-src and style-src of self: nothing is inline', () => {
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i)
    const scripts = [...page.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)]
    expect(scripts).toHaveLength(1)
    for (const [, attributes, text] of scripts) {
      expect(attributes).toContain('src="/assets/')
      expect(text).toBe('')
    }
  })

  it('B-26: asks no other origin for anything', async () => {
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses).not.toHaveLength(0)
    for (const address of addresses) expect(address).toMatch(/^\/[^/]/)
    expect(await read('.css')).not.toMatch(/url\(|@import/)
  })

  it('names its assets by their content, so that they can be kept for ever', () => {
    expect(assets).not.toHaveLength(0)
    for (const name of assets) expect(name).toMatch(/-[\w-]{8}\.\w+$/)
  })

  it('carries no schemas: of the contracts, browsers get the types alone', async () => {
    expect(await read('.js')).not.toMatch(/ZodError|invalid_type|inventory-unavailable/)
  })

  it('weighs at most 120 kB on the wire', async () => {
    expect(gzipSync((await read('.js')) + (await read('.css'))).length).toBeLessThan(120_000)
  })
})
