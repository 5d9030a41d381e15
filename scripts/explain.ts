// npm run explain -- web GET /api/checkout/1 — shows what a BFF would do with this request, without sending anything.
import { parseArgs } from 'node:util'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { canonical, type Choice, jsonOf, type Plan, planOf, router, textOf } from '@bff/gateway-core/plan'
import { type App, appOf, apps } from './apps.ts'

export interface Explained {
  readonly text: string
  /** Exit code: 1 if no route matches. */
  readonly code: number
}

const usage = 'npm run explain -- web GET /api/checkout/1 [--json]'

/** Every route that may handle the request, in matching order: routes of one path may choose by other parts of the request. */
export async function explain(args: readonly string[]): Promise<Explained> {
  const { positionals, values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [name = '', method = '', target = ''] = positionals
  const app = appOf(name)
  if (app === undefined || target === '') {
    const known = apps.map((one) => one.name.replace(/-bff$/, '')).join(' or ')
    return { text: `${usage}, where the first argument is ${known}\n`, code: 1 }
  }
  const plans = await plansFor(app, method.toUpperCase(), target)
  if (plans.length === 0) return { text: unknown(app, method.toUpperCase(), target), code: 1 }
  return { text: plans.map(values.json ? jsonOf : textOf).join('\n'), code: 0 }
}

async function plansFor(app: App, method: string, target: string): Promise<Plan[]> {
  const find = router(app.routes.map((route) => ({ route: route as never, handle: () => undefined })))
  const path = canonical(pathOf(target))
  const match = path === undefined ? undefined : find(method, path)
  if (match === undefined || 'allow' in match) return []
  return Promise.all(chain(match.bound).map(({ route }) => planOf(route, app.estate, { params: match.params })))
}

const chain = (first: Choice): Choice[] => [first, ...(first.otherwise === undefined ? [] : chain(first.otherwise))]

const pathOf = (target: string): string => target.split('?', 1)[0]!

/** Number of similar routes shown if none matches. */
const most = 5

function unknown(app: App, method: string, target: string): string {
  const known = app.routes.flatMap(({ methods, path }) => methods.map((one) => ({ method: one, path })))
  const near = known
    .toSorted(
      (a, b) => likeness(`${b.method} ${b.path}`, method, target) - likeness(`${a.method} ${a.path}`, method, target),
    )
    .slice(0, most)
  return `${app.name} has no route for ${method} ${target}. Similar ones:\n${near.map((one) => `  ${one.method} ${one.path}\n`).join('')}`
}

/** Similarity of two strings: common pairs of adjacent letters out of all (Dice). */
function likeness(route: string, method: string, target: string): number {
  const [ours, theirs] = [pairs(route), pairs(`${method} ${pathOf(target)}`)]
  const common = ours.filter((pair) => theirs.includes(pair)).length
  return (2 * common) / (ours.length + theirs.length)
}

const pairs = (text: string): string[] => Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2))

if (import.meta.main) {
  argumentsOf(usage, { options: { json: { type: 'boolean' } }, allowPositionals: true })
  const { text, code } = await explain(process.argv.slice(2))
  process[code === 0 ? 'stdout' : 'stderr'].write(text)
  process.exitCode = code
}
