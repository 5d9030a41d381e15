// npm run routes — lists every route of each BFF; --write updates docs/routes.md, --check compares with it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { type Facts, markdownTable, plainTable } from '@bff/gateway-core/plan'
import { allFacts } from './apps.ts'

const file = join(import.meta.dirname, '../docs/routes.md')

const title = (app: string): string => app.replace('-bff', ' BFF')

/** The complete page. */
export const page = (facts: readonly Facts[]): string =>
  [
    '# Routes',
    'Every route of the two BFFs, generated from their code by `npm run routes -- --write`. `npm run explain -- web GET /api/checkout/1` shows what one does in detail.',
    ...facts.flatMap(({ app, plans }) => [`## The ${title(app)}`, markdownTable(plans)]),
  ].join('\n\n') + '\n'

/** Whether the existing page differs. */
export const hasDrifted = (wanted: string, path = file): boolean =>
  !existsSync(path) || readFileSync(path, 'utf8') !== wanted

if (import.meta.main) {
  const { values } = argumentsOf('npm run routes -- [--write | --check]', {
    options: { write: { type: 'boolean' }, check: { type: 'boolean' } },
  })
  const facts = await allFacts()
  const wanted = page(facts)
  if (values.write === true) writeFileSync(file, wanted)
  else if (values.check !== true)
    for (const { app, plans } of facts) process.stdout.write(`The ${title(app)}\n\n${plainTable(plans)}\n\n`)
  else if (hasDrifted(wanted)) {
    process.stderr.write('docs/routes.md does not match the code: run `npm run routes -- --write`.\n')
    process.exitCode = 1
  }
}
