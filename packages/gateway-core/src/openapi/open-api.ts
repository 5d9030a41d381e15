import { type Contract, parseKey } from '../contract.ts'
import { components } from './components.ts'
import type { Described, Document, Explained } from './document.ts'
import { explain, type Facts, problemsOf, refusals, type Security } from './facts.ts'
import { describe, templateOf } from './operation.ts'

export interface DocumentOptions {
  readonly title: string
  /** The contract's version. */
  readonly version: string
  readonly description?: string
  readonly security: Security
  /** Contracts of the app's own operations besides its screens, keyed by tag. Default none. */
  readonly extra?: Readonly<Record<string, Contract>>
  /** Client versions below a minimum are refused. Default false. */
  readonly floor?: boolean
}

/**
 * Converts a contract to OpenAPI 3.1, deterministically. Repeated schemas become components. Throws a `TypeError` that
 * names the operation whose schema cannot be converted.
 */
export function openApi(contract: Contract, options: DocumentOptions): Document {
  const { title, version, description } = options
  const all = [...factsOf(contract, options)]
  const { paths, parts } = components(pathsOf(all))
  return {
    openapi: '3.1.1',
    info: { title, version, ...(description !== undefined && { description }) },
    servers: [{ url: '/' }],
    tags: [...new Set(all.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { ...parts, securitySchemes: { [options.security]: schemes[options.security] } },
    'x-problems': mentioned(all),
  }
}

const schemes: Readonly<Record<Security, object>> = {
  session: { type: 'apiKey', in: 'cookie', name: '__Host-Http-sid', description: 'Set by a login at `/bff/login`.' },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
}

function* factsOf(contract: Contract, { security, extra = {}, floor = false }: DocumentOptions): Generator<Facts> {
  const depth = shared(Object.keys(contract).map((key) => parseKey(key).path.split('/')))
  for (const [key, operation] of Object.entries(contract)) {
    const { method, path } = parseKey(key)
    yield { method, path, operation, tag: path.split('/')[depth] ?? 'root', security, own: false, floor }
  }
  for (const [tag, own] of Object.entries(extra)) {
    for (const [key, operation] of Object.entries(own)) {
      yield { ...parseKey(key), operation, tag, security, own: true, floor: false }
    }
  }
}

/** Number of leading segments that all paths share; never includes their last. */
function shared(paths: readonly (readonly string[])[]): number {
  const [first = []] = paths
  const differs = first.findIndex((segment, i) => paths.some((path) => path[i] !== segment || path.length === i + 1))
  return Math.max(1, differs)
}

function pathsOf(all: readonly Facts[]): Document['paths'] {
  const paths: Record<string, Record<string, Described>> = {}
  for (const facts of all) {
    const { method, path } = facts
    try {
      ;(paths[templateOf(path)] ??= {})[method.toLowerCase()] = describe(facts)
    } catch (cause) {
      throw new TypeError(`${method} ${path} cannot be described: ${(cause as Error).message}`, { cause })
    }
  }
  return paths
}

function mentioned(all: readonly Facts[]): Readonly<Record<string, Explained>> {
  const statuses = new Map<string, number[]>(refusals.map((code) => [code, []]))
  for (const facts of all) {
    for (const [status, codes] of problemsOf(facts)) {
      for (const code of codes) statuses.set(code, [...(statuses.get(code) ?? []), status])
    }
  }
  const sorted = [...statuses].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(sorted.map(([code, found]) => [code, explain(code, found)]))
}
