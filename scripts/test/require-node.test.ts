import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const guard = join(root, 'scripts/require-node.cjs')

/** Runs the guard under a faked Node version. */
const under = (version: string) =>
  spawnSync(
    process.execPath,
    ['-e', `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); require('${guard}')`],
    { encoding: 'utf8' },
  )

it.each(['12.22.12', '20.20.2', '23.99.0', '24.9.0', '24.18.0', '25.0.0'])(
  'refuses Node %s in one sentence',
  (version) => {
    const { status, stderr } = under(version)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^This needs Node 24\.18\.1 or a later 24, not [\d.]+: start it with `npm run`, .*\.\n$/)
    expect(stderr).toContain(version)
  },
)

it.each(['24.18.1', '24.19.0', '24.21.0'])('lets Node %s through', (version) => {
  const { status, stderr } = under(version)
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

it('stands before every script that needs Node 24', () => {
  const manifests = ['package.json', ...globSync('{apps/*,packages/*,services/*,bench}/package.json', { cwd: root })]
  const scripts = manifests.flatMap((file) => {
    const { scripts } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { scripts: Record<string, string> }
    return Object.entries(scripts).map(([name, line]) => ({ file, name, line }))
  })
  const guarded = /require-node\.cjs|scripts\/jest\.cjs|^npm run [\w:]+ -w /
  const bare = scripts.filter(
    ({ file, line }) => !guarded.test(line) && (file === 'package.json' || /\bnode\b/.test(line)),
  )
  expect(bare).toEqual([])
})
