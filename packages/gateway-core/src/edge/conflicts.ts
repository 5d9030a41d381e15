import type { Method } from '../contract.ts'
import type { Predicate } from '../exchange.ts'
import { canonical } from './path.ts'
import { keysOf } from './route-keys.ts'

interface Listed {
  readonly methods: readonly Method[]
  readonly path: string
  readonly when?: Predicate | undefined
  /** Where it was declared: `screens/home.ts:12`. */
  readonly place?: string | undefined
}

/** Faults and conflicts in a list of routes, one sentence each, with both places where two routes conflict. */
export function conflicts(routes: readonly Listed[]): string[] {
  const alone = routes.flatMap((route) => faultsOf(route).map((fault) => `${named(route)}: ${fault}`))
  const pairs = keysOf(routes.map((route) => ({ route }))).flatMap(({ choices }) =>
    choices.slice(1).flatMap(({ route }, i) => {
      const earlier = choices.slice(0, i + 1).map((one) => one.route)
      const fault = between(earlier, route)
      return fault === undefined ? [] : [fault]
    }),
  )
  return [...alone, ...new Set(pairs)]
}

const shape = /^(?:\/(?:[^/:*?()]*|:\w+))*(?:\/\*)?$/

function faultsOf({ methods, path }: Listed): string[] {
  if (!path.startsWith('/') || !shape.test(path))
    return ['a path consists of literal segments, `:name` segments and optionally a final `*`']
  const names: readonly string[] = path.match(/:\w+/g) ?? []
  const twice = names.find((name, i) => names.indexOf(name) < i)
  const example = path.replace(/:\w+/g, 'x').replace(/\*$/, 'x')
  return [
    ...(methods.length === 0 ? ['it answers no method'] : []),
    ...(twice === undefined ? [] : [`${twice} stands in it twice`]),
    ...(canonical(example) === example ? [] : ['no request reaches it: its path is not in its canonical form']),
  ]
}

function between(earlier: readonly Listed[], later: Listed): string | undefined {
  const open = earlier.find((one) => one.when === undefined)
  const same = earlier.find((one) => one.when !== undefined && one.when.describe === later.when?.describe)
  const other = earlier.find((one) => one.path !== later.path)
  if (open !== undefined && later.when === undefined)
    return `${named(open)} and ${named(later)} answer the same requests`
  if (open !== undefined)
    return `${named(later)} is never reached: ${named(open)}, listed before it, takes everything; list it last`
  if (same !== undefined) return `${named(later)} is never reached: ${named(same)} has the same predicate`
  if (other !== undefined) return `${named(other)} and ${named(later)} must call their parameters the same`
  return undefined
}

const named = ({ methods, path, place }: Listed): string =>
  `${methods.join('|')} ${path}${place === undefined ? '' : ` (${place})`}`
