import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const text = (file: string): string => readFileSync(join(root, file), 'utf8')
const files = globSync(['*.*', '.env.example', '{apps,bench,docs,packages,scripts,services}/**/*.*'], {
  cwd: root,
  exclude: (path) => /(?:^|\/)(?:node_modules|dist)$/.test(path),
})
const pages = files.filter((file) => file.endsWith('.md')).map((file) => [file, text(file)] as const)
const code = files.filter((file) => /\.(?:ts|json|yml|example)$/.test(file))

/** The backticked words of each page, outside code blocks. */
const words = pages.flatMap(([page, said]) =>
  [...said.replace(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, word]) => [page, word!] as const),
)

/** Heading anchors as GitHub generates them. */
const anchors = (page: string): string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

const scriptsOf = (folder: string): object =>
  (JSON.parse(text(join(folder, 'package.json'))) as { scripts: object }).scripts

const wrong = (found: readonly (readonly [page: string, word: string])[]): string[] =>
  found.map(([page, word]) => `${page}: ${word}`)

describe('what the pages speak of is there:', () => {
  it('where links lead, down to the heading', () => {
    const links = pages.flatMap(([page, said]) =>
      [...said.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => [page, target!] as const),
    )
    expect(links.length).toBeGreaterThan(100)
    const lost = links.filter(([page, target]) => {
      if (/^https?:/.test(target)) return false
      const [path = '', heading] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      if (!existsSync(join(root, file))) return true
      return heading !== undefined && !anchors(text(file)).includes(heading)
    })
    expect(wrong(lost)).toEqual([])
  })

  it('files and folders, also by a part of their path', () => {
    const paths = words.filter(([, word]) =>
      /^(?:[\w@<>*-]+\/)*[\w<>*-]+(?:\.[\w-]+)*\.(?:ts|tsx|json|cjs|md|proto|yml)$|^(?:apps|packages|services|docs|scripts|bench)\/[\w/<>*-]+$/.test(
        word,
      ),
    )
    expect(paths.length).toBeGreaterThan(40)
    const known = `\n${files.join('\n')}\n`
    const lost = paths.filter(([, word]) => {
      const pattern = word.replaceAll('.', '\\.').replace(/<[^>]+>|\*/g, '[^/\\n]+')
      return !new RegExp(`[\\n/]${pattern}[\\n/]`).test(known)
    })
    expect(wrong(lost)).toEqual([])
  })

  it('scripts of npm', () => {
    const runs = pages.flatMap(([page, said]) =>
      [...said.matchAll(/npm run ([\w:-]+)(?: -w ([\w/-]+))?/g)].map(
        ([, name, at]) => [page, name!, at ?? '.'] as const,
      ),
    )
    expect(runs.length).toBeGreaterThan(20)
    expect(wrong(runs.filter(([, name, at]) => !(name in scriptsOf(at))).map(([page, name]) => [page, name]))).toEqual(
      [],
    )
  })

  it('variables of the environment, and what programs count', () => {
    const all = code.map(text).join('\n')
    const names = words.filter(([, word]) => /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$|^[a-z]+(?:_[a-z]+)+_total$/.test(word))
    expect(names.length).toBeGreaterThan(20)
    expect(wrong(names.filter(([, name]) => !new RegExp(`\\b${name}\\b`).test(all)))).toEqual([])
  })
})
