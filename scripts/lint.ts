// Two rules specific to this repository: the direction of imports, and settings a gateway must never use.
import { dirname, join, relative, resolve, sep } from 'node:path'

interface Node {
  readonly type: string
}
interface Literal extends Node {
  readonly value?: unknown
}
interface Import extends Node {
  readonly source: { readonly value: string } | null
  readonly specifiers?: readonly (Node & { readonly imported?: { readonly name: string } })[]
}
interface Property extends Node {
  readonly key: { readonly name?: string; readonly value?: unknown }
  readonly value: Literal
}
interface Call extends Node {
  readonly callee: { readonly property?: { readonly name?: string } }
  readonly arguments: readonly Literal[]
}
interface Context {
  readonly filename: string
  report(finding: { readonly node: Node; readonly message: string }): void
}

const core = join(import.meta.dirname, '../packages/gateway-core/src')

/** Folder of gateway-core → the folders below it, besides itself and the top-level files (level 0). */
const below: Readonly<Record<string, readonly string[]>> = {
  state: [],
  observe: [],
  auth: ['state'],
  road: [],
  client: [],
  openapi: [],
  screen: ['road'],
  forward: ['road'],
  live: ['road'],
  plan: ['road', 'screen'],
  edge: ['road', 'auth', 'state', 'observe'],
}

/** Top-level files above all folders: those that combine them, and the package's entry points. */
const above = new Set([
  'gateway.ts',
  'app.ts',
  'connect.ts',
  'index.ts',
  'auth.ts',
  'state.ts',
  'road.ts',
  'server.ts',
  'token.ts',
  'client.ts',
  'grpc.ts',
  'plan.ts',
  'testing.ts',
])

const levels = {
  create(context: Context) {
    const [from = '', ...inside] = relative(core, context.filename).split(sep)
    if (from === '..' || above.has(from)) return {}
    const folders = inside.length === 0 ? [] : [from, ...(below[from] ?? [])]
    const check = (node: Import): void => {
      const target = node.source?.value ?? ''
      if (!target.startsWith('.')) return
      const [to = '', ...rest] = relative(core, resolve(dirname(context.filename), target)).split(sep)
      if (rest.length === 0 ? !above.has(to) : folders.includes(to)) return
      context.report({ node, message: `Imports point downwards, see ARCHITECTURE.md: not from ${from} to ${to}.` })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    }
  },
}

type Wire = readonly [wrong: (value: unknown) => boolean, why: string]
const on = (value: unknown): boolean => value === true

const options: Readonly<Record<string, Wire>> = {
  ws: [on, 'the proxy would accept upgrades without the guards'],
  xfwd: [on, 'it trusts the address a client claims'],
  followRedirects: [on, 'a service could send the gateway anywhere'],
  insecureHTTPParser: [on, 'it allows request smuggling'],
  rejectUnauthorized: [(value) => value === false, 'anybody could impersonate the service'],
  origin: [on, 'every site could read the responses'],
  algorithms: [(value) => typeof value === 'string', 'a string also matches its substrings: pass an array'],
}

const imports: Readonly<Record<string, string>> = {
  responseInterceptor: 'it buffers whole responses, and an exception in it ends the process',
  fixRequestBody: 'it forwards a body other than the one received',
  errorResponsePlugin: 'it reveals the address of the service to clients',
}

const tripwires = {
  create: (context: Context) => ({
    Property(node: Property) {
      const name = node.key.name ?? String(node.key.value)
      const [wrong, why] = Object.hasOwn(options, name) ? options[name]! : []
      if (wrong?.(node.value.value)) context.report({ node, message: `No ${name}: ${why}.` })
    },
    ImportDeclaration(node: Import) {
      for (const { type, imported } of node.specifiers ?? []) {
        if (node.source?.value === 'axios' && type !== 'ImportSpecifier') {
          context.report({
            node,
            message: 'No default axios: it follows redirects, obeys proxy variables and has no limits.',
          })
        }
        const why = node.source?.value === 'http-proxy-middleware' ? imports[imported?.name ?? ''] : undefined
        if (why !== undefined) context.report({ node, message: `No ${imported!.name}: ${why}.` })
      }
    },
    CallExpression(node: Call) {
      const [setting, value] = node.arguments
      if (setting?.value !== 'trust proxy' || node.callee.property?.name === 'disable') return
      if (value === undefined || value.value === true) {
        context.report({
          node,
          message: 'No trust in every proxy: any client could claim an address. List the ones in front of you.',
        })
      }
    },
    'CallExpression[callee.name="createProxyMiddleware"] Property[key.name=/^(timeout|proxyTimeout)$/]'(node: Node) {
      context.report({ node, message: 'No timeout in the proxy: it looks like a reset. The road has a deadline.' })
    },
  }),
}

export default { meta: { name: 'house' }, rules: { levels, tripwires } }
