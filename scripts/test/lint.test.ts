import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const core = 'packages/gateway-core/src'

const nothing = 'nothing'

/** A file, the only message the linter must report for it, and its content. */
const cases: readonly (readonly [file: string, says: string, source: string])[] = [
  // Directions inside gateway-core
  [`${core}/env.ts`, 'not from env.ts to state', "export { x } from './state/store.ts'"],
  [`${core}/policy.ts`, 'not from policy.ts to gateway.ts', "export { x } from './gateway.ts'"],
  [`${core}/state/a.ts`, 'not from state to auth', "export { x } from '../auth/keys.ts'"],
  [`${core}/auth/a.ts`, 'not from auth to road', "export { x } from '../road/call.ts'"],
  [`${core}/auth/b.ts`, 'not from auth to road.ts', "export { x } from '../road.ts'"],
  [`${core}/road/filters/a.ts`, 'not from road to auth', "export { x } from '../../auth/keys.ts'"],
  [`${core}/road/b.ts`, 'not from road to screen', "export type { X } from '../screen/screen.ts'"],
  [`${core}/screen/a.ts`, 'not from screen to auth', "export { x } from '../auth/guards.ts'"],
  [`${core}/forward/a.ts`, 'not from forward to auth.ts', "export const x = () => import('../auth.ts')"],
  [`${core}/forward/b.ts`, 'not from forward to screen', "export { x } from '../screen/screen.ts'"],
  [`${core}/edge/a.ts`, 'not from edge to forward', "export { x } from '../forward/forward.ts'"],
  [`${core}/unheard-of/a.ts`, 'not from unheard-of to road', "export { x } from '../road/call.ts'"],
  [`${core}/gateway.ts`, nothing, "export { x } from './edge/serve.ts'"],
  [`${core}/screen/b.ts`, nothing, "export { x } from '../road/call.ts'\nexport { y } from '../problem.ts'"],
  [`${core}/road/filters/c.ts`, nothing, "export { x } from '../call.ts'\nexport { y } from '../../policy.ts'"],

  // Permitted imports between workspaces
  ['apps/web-bff/src/screens/a.ts', 'A screen does no I/O', "export { get } from 'node:http'"],
  ['apps/web-bff/src/screens/b.ts', 'A screen does no I/O', "export { request } from 'undici'"],
  ['apps/mobile-bff/src/screens/c.ts', 'A screen does no I/O', "export { create } from 'axios'"],
  ['apps/web/src/a.ts', 'A client is no gateway', "export { gateway } from '@bff/gateway-core'"],
  ['apps/mobile/src/b.ts', 'A client is no gateway', "export { bearer } from '@bff/gateway-core/auth'"],
  ['apps/mobile/src/c.ts', nothing, "export { client } from '@bff/gateway-core/client'"],
  ['services/catalog/src/a.ts', 'A service is no gateway', "export { gateway } from '@bff/gateway-core'"],
  ['packages/service-kit/src/b.ts', 'A service is no gateway', "export { pipe } from '@bff/gateway-core/road'"],
  ['services/catalog/src/c.ts', nothing, "export { Problem } from '@bff/gateway-core/problem'"],

  // Settings a gateway must never use
  ['apps/web-bff/src/a.ts', 'No ws', 'export const a = { ws: true }'],
  ['apps/web-bff/src/b.ts', 'No xfwd', "export const a = { 'xfwd': true }"],
  ['apps/web-bff/src/c.ts', 'No followRedirects', 'export const a = { followRedirects: true }'],
  ['apps/web-bff/src/d.ts', 'No insecureHTTPParser', 'export const a = { insecureHTTPParser: true }'],
  ['apps/web-bff/src/e.ts', 'No rejectUnauthorized', 'export const a = { rejectUnauthorized: false }'],
  ['apps/web-bff/src/f.ts', 'No origin', 'export const a = { origin: true }'],
  ['apps/web-bff/src/g.ts', 'No algorithms', "export const a = { algorithms: 'RS256' }"],
  ['apps/web-bff/src/h.ts', 'No default axios', "import axios from 'axios'\nexport const a = axios.get"],
  ['apps/web-bff/src/i.ts', 'No default axios', "import * as all from 'axios'\nexport const a = all"],
  ['apps/web-bff/src/j.ts', 'No responseInterceptor', fromProxy('responseInterceptor')],
  ['apps/web-bff/src/k.ts', 'No fixRequestBody', fromProxy('fixRequestBody')],
  ['apps/web-bff/src/l.ts', 'No errorResponsePlugin', fromProxy('errorResponsePlugin')],
  [
    'apps/web-bff/src/m.ts',
    'No timeout',
    `${fromProxy('createProxyMiddleware')}\ncreateProxyMiddleware({ timeout: 1 })`,
  ],
  ['apps/web-bff/src/n.ts', 'No trust in every proxy', "export const a = (app) => app.set('trust proxy', true)"],
  ['apps/web-bff/src/o.ts', 'No trust in every proxy', "export const a = (app) => app.enable('trust proxy')"],
  ['apps/web-bff/src/p.ts', nothing, "export const a = (app) => app.set('trust proxy', 'loopback')"],
  [
    'apps/web-bff/src/q.ts',
    nothing,
    "export const a = { ws: false, origin: 'https://a.example', algorithms: ['RS256'] }",
  ],

  // Access to the environment
  ['services/catalog/src/d.ts', 'process.env', 'export const a = process.env.HOST'],
  ['services/catalog/src/e.ts', 'process.env', "export const a = process.env['HOST']"],
  ['services/catalog/src/main.ts', nothing, "export const a = process.env['HOST']"],

  // Size
  ['services/catalog/src/f.ts', 'too many lines', `export const f = () => {\n${'f()\n'.repeat(40)}}`],
  [
    'services/catalog/src/g.ts',
    'too many lines',
    Array.from({ length: 201 }, (_, i) => `export const a${i} = ${i}`).join('\n'),
  ],
  ['services/catalog/test/g.test.ts', nothing, `export const f = () => {\n${'f()\n'.repeat(300)}}`],
]

function fromProxy(name: string): string {
  return `import { ${name} } from 'http-proxy-middleware'\nexport const a = ${name}`
}

describe('the linter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lint-'))
  const said = new Map<string, string[]>()

  beforeAll(() => {
    for (const file of ['.oxlintrc.json', 'scripts/lint.ts']) cpSync(join(root, file), join(folder, file))
    for (const [file, , source] of cases) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), `${source}\n`)
    }
    const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')
    const { stdout } = spawnSync(process.execPath, [oxlint, '--format=json', '.'], { cwd: folder, encoding: 'utf8' })
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { filename: string; message: string; help?: string }[]
    }
    for (const { filename, message, help } of diagnostics) {
      said.set(filename, [...(said.get(filename) ?? []), `${message} ${help ?? ''}`])
    }
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(cases)('says of %s: %s', (file, says) => {
    expect(said.get(file) ?? []).toEqual(says === nothing ? [] : [expect.stringContaining(says)])
  })
})
