import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly resolved?: string; readonly link?: boolean }>
  >
}

const root = new URL('../../', import.meta.url).pathname
const read = (file: string): unknown => JSON.parse(readFileSync(root + file, 'utf8'))
const lock = read('package-lock.json') as Lock
const floors = read('scripts/floors.json') as Record<string, readonly [floor: string, why: string]>

const numbers = (version: string) => version.split('-', 1)[0]!.split('.').map(Number)

/** `7.28.0 || 8.5.0`: each major has its own floor; a major without one is compared with the last. */
function below(version: string, floor: string): boolean {
  const have = numbers(version)
  const lines = floor.split(' || ').map(numbers)
  const need = lines.find(([major]) => major === have[0]) ?? lines.at(-1)!
  const first = need.findIndex((part, i) => part !== have[i])
  return first >= 0 && have[first]! < need[first]!
}

describe('dependencies', () => {
  it.each(Object.entries(floors))('%s stands above its security floor, wherever it is installed', (name, [floor]) => {
    const copies = Object.entries(lock.packages).filter(([path]) => path.endsWith(`node_modules/${name}`))
    expect(copies.length).toBeGreaterThan(0)
    expect(copies.filter(([, { version }]) => below(version!, floor))).toEqual([])
  })

  it('bring no second proxy, least of all the one that nobody maintains', () => {
    expect(Object.keys(lock.packages).filter((path) => path.endsWith('node_modules/http-proxy'))).toEqual([])
  })

  it('are pinned to exact versions', () => {
    const manifests = ['package.json', ...globSync('{apps/*,packages/*,services/*,bench}/package.json', { cwd: root })]
    expect(manifests.length).toBeGreaterThan(14)
    const loose = manifests.flatMap((file) => {
      const { dependencies = {}, devDependencies = {} } = read(file) as Manifest
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([name, version]) => !(name.startsWith('@bff/') ? version === '*' : /^\d+\.\d+\.\d+$/.test(version)))
        .map(([name, version]) => `${file}: ${name} ${version}`)
    })
    expect(loose).toEqual([])
  })

  it('are locked without the address of a registry', () => {
    const addressed = Object.entries(lock.packages).filter(
      ([, { resolved, link }]) => link !== true && resolved !== undefined,
    )
    expect(addressed).toEqual([])
  })
})
