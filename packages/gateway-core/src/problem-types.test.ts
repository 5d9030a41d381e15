import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { problemTypes } from './problem-types.ts'

const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
  (file) => !/\.test\.ts$|^(?:problem-types|testing)\.ts$|^(?:openapi|client|plan)\//.test(file),
)
const sources = files.map((file) =>
  readFileSync(`${import.meta.dirname}/${file}`, 'utf8').replaceAll(/^ *(?:\/\*\*|\*|\/\/).*$/gm, ''),
)

/** `404, 'order-not-found'` and `404: 'not-found'`, wherever they stand. */
const answered = sources
  .flatMap((text) => [...text.matchAll(/\b([45]\d\d)[,:]\s*'([a-z]+(?:-[a-z]+)*)'/g)])
  .map(([, status, code]) => [code!, Number(status)] as const)

/** `sessionProblem('session-required'`, `refusal(audience, 'token-missing'`: the status is elsewhere. */
const thrown = sources
  .flatMap((text) => [...text.matchAll(/(?:problem|refusal)\((?:\w+,\s*)?'([a-z]+(?:-[a-z]+)+)'/gi)])
  .map(([, code]) => code!)

describe('the table of problems', () => {
  it('reads what it is to read', () => {
    expect(answered.length).toBeGreaterThan(30)
    expect(thrown).toEqual(expect.arrayContaining(['session-required', 'token-missing']))
  })

  it('P-1: has every code that the sources answer with, and its status', () => {
    const wrong = answered.filter(([code, status]) => !problemTypes[code]?.statuses.includes(status))
    expect(wrong).toEqual([])
    expect(thrown.filter((code) => problemTypes[code] === undefined)).toEqual([])
  })

  it('has no code that none of them answers with', () => {
    const unused = Object.keys(problemTypes).filter((code) => !sources.some((text) => text.includes(`'${code}'`)))
    expect(unused).toEqual([])
  })

  it.each(Object.entries(problemTypes))('P-5: says what %s means in a sentence, for people', (code, { meaning }) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(meaning).toMatch(/^(?:[A-Z]|`\w).*\.$/)
  })
})
