import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const scriptsOf = (folder: string) =>
  (JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { scripts: Record<string, string> }).scripts

/** Our programs that `npm run` starts: a file, or a workspace's script, which receives the arguments. */
const started = Object.entries(scriptsOf('.')).flatMap(([name, line]): [name: string, file: string][] => {
  const [, workspace] = / -w (\S+)/.exec(line) ?? []
  const [, file] = / (\S+\.ts)$/.exec(workspace === undefined ? line : scriptsOf(workspace)[name]!) ?? []
  return file === undefined ? [] : [[name, join(root, workspace ?? '.', file)]]
})

const run = (file: string, ...args: string[]) => spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' })

describe('every script', () => {
  it('is known here', () => {
    expect(started.map(([name]) => name)).toEqual(
      expect.arrayContaining(['explain', 'routes', 'audit', 'bench', 'screens', 'soak', 'demo', 'urls']),
    )
  })

  it('says how it is used when it is asked', () => {
    const { status, stdout, stderr } = run(join(root, 'scripts/audit.ts'), '--help')
    expect([status, stdout, stderr]).toEqual([0, 'npm run audit\n', ''])
  })

  it.each(started)('%s says how it is used, and does nothing, when it does not understand', (name, file) => {
    const { status, stdout, stderr } = run(file, '--nonsense')
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`Unknown option '--nonsense'.\nnpm run ${name}`)
  })

  it('hands on what stands behind its name', () => {
    const handed = Object.values(scriptsOf('.')).filter((line) => line.startsWith('npm run '))
    expect(handed.filter((line) => !line.endsWith(' --'))).toEqual([])
  })
})
