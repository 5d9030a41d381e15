// npm run screens — what every screen of both BFFs costs; --write updates docs/screens.md.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { page, type Row } from './weigh/page.ts'
import { startScales } from './weigh/scales.ts'

const file = join(import.meta.dirname, '../../../docs/screens.md')
const runs = 40

const { values } = argumentsOf('npm run screens -- [--write]', { options: { write: { type: 'boolean' } } })
await using scales = await startScales()
const rows: Row[] = []
for (const one of scales.cases) rows.push({ ...(await scales.weigh(one)), times: await scales.time(one, runs) })
if (values.write === true) writeFileSync(file, page(rows))
else process.stdout.write(page(rows))
