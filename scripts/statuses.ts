// npm run statuses — prints the problem codes; --write updates the table in docs/status-contract.md, --check compares with it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { problemTable } from '@bff/gateway-core/plan'

const file = join(import.meta.dirname, '../docs/status-contract.md')

/** The page with its table under "Every code" regenerated. */
export function page(before: string): string {
  const [, head] = /^(.*?\n## Every code\n.*?\n\n)\|/s.exec(before) ?? []
  if (head === undefined) throw new Error('docs/status-contract.md has no table under "## Every code"')
  return head + problemTable() + before.slice(head.length).replace(/^(?:\|.*\n)+/, '\n')
}

if (import.meta.main) {
  const { values } = argumentsOf('npm run statuses -- [--write | --check]', {
    options: { write: { type: 'boolean' }, check: { type: 'boolean' } },
  })
  const before = readFileSync(file, 'utf8')
  const wanted = page(before)
  if (values.write === true) writeFileSync(file, wanted)
  else if (values.check !== true) process.stdout.write(`${problemTable()}\n`)
  else if (wanted !== before) {
    process.stderr.write('docs/status-contract.md does not match the code: run `npm run statuses -- --write`.\n')
    process.exitCode = 1
  }
}
