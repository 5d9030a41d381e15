import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')

/** Each link with the text after it, up to the next link or the end of its cell. */
const links = [...page.matchAll(/\]\(([^)]+)\)([^[|]*)/g)].map(([, target, after]) => ({
  file: join(root, 'docs', target!),
  ids: after!.match(/\b[A-Z]-\d+\b/g) ?? [],
}))

/** The string literals of a program: comments prove nothing. */
const titlesIn = (file: string): string =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
    .flatMap((line) => line.match(/'[^']*'|`[^`]*`|"[^"]*"/g) ?? [])
    .join('\n')

/** Whether the text contains `X-1`, or a range such as `X-1…X-3` that includes it. */
const stands = (id: string, text: string): boolean => {
  const [family, number] = id.split('-') as [string, string]
  if (new RegExp(`\\b${id}\\b`).test(text)) return true
  const ranges = text.matchAll(new RegExp(`\\b${family}-(\\d+)…${family}-(\\d+)\\b`, 'g'))
  return [...ranges].some(([, from, to]) => Number(from) <= Number(number) && Number(number) <= Number(to))
}

/** Per threat family: its size and the width of its numbers. */
const families = [
  ['J', 13, 2],
  ['K', 5, 2],
  ['C', 4, 2],
  ['D', 3, 2],
  ['B', 28, 1],
  ['S', 18, 1],
  ['N', 15, 1],
  ['C', 12, 1],
  ['K', 7, 1],
  ['L', 9, 1],
] as const
const all = families.flatMap(([family, count, width]) =>
  Array.from({ length: count }, (_, nth) => `${family}-${String(nth + 1).padStart(width, '0')}`),
)

describe('docs/security.md', () => {
  it('names files that exist', () => {
    expect(links.length).toBeGreaterThan(50)
    expect(links.map(({ file }) => file).filter((file) => !existsSync(file))).toEqual([])
  })

  it('names tests whose titles say what they prove', () => {
    const proofs = links.flatMap(({ file, ids }) => ids.map((id) => ({ file, id })))
    expect(proofs.length).toBeGreaterThan(100)
    const lost = proofs.filter(({ file, id }) => !stands(id, titlesIn(file)))
    expect(lost.map(({ file, id }) => `${id}: ${file.slice(root.length + 1)}`)).toEqual([])
  })

  it('proves only by tests: what runs, and not by what it is about', () => {
    const wrong = links.filter(({ file, ids }) => ids.length > 0 && !/\/(?:test|e2e)\/|\.test\.ts$/.test(file))
    expect(wrong).toEqual([])
  })

  it('leaves no known threat out: each is proved, or said not to be covered', () => {
    expect(all.filter((id) => !new RegExp(`\\b${id}\\b`).test(page))).toEqual([])
  })
})

it.each(['README.md', 'SECURITY.md'])('%s leads there', (name) => {
  expect(readFileSync(join(root, name), 'utf8')).toContain('docs/security.md')
})
