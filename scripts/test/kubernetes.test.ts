import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { variables as mobile } from '../../apps/mobile-bff/src/env.ts'
import { variables as web } from '../../apps/web-bff/src/env.ts'
import { type Variable, readEnv } from '../../packages/gateway-core/src/env.ts'
import { newKey } from './new-key.ts'

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

interface Container {
  readonly ports: readonly { readonly containerPort: number }[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly securityContext: object
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: object }
    readonly podSelector?: { readonly matchExpressions?: readonly { readonly values: readonly string[] }[] }
    readonly template?: {
      readonly metadata: { readonly labels: object; readonly annotations: Readonly<Record<string, string>> }
      readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly [Container] }
    }
  }
}

const root = new URL('../../', import.meta.url).pathname
const manifests = (file: string) =>
  parseAllDocuments(readFileSync(`${root}deploy/kubernetes/${file}`, 'utf8')).map((one) => one.toJS() as Manifest)

/** The Secret's content, as an operator would set it. */
const secrets: Readonly<Record<string, string>> = {
  REDIS_URL: 'rediss://:password@redis:6379',
  WEB_CLIENT_SECRET: 'c'.repeat(40),
  SESSION_KEYS: 's'.repeat(40),
  DPOP_KEY: 'd'.repeat(40),
  WEB_BFF_KEYS: newKey(),
  MOBILE_BFF_KEYS: newKey(),
}

describe.each([
  ['web-bff', web, 'WEB_BFF_PORT'],
  ['mobile-bff', mobile, 'MOBILE_BFF_PORT'],
] as const)('deploy/kubernetes/%s.yaml', (name, variables, port) => {
  const all = manifests(`${name}.yaml`)
  const { data = {} } = all.find(({ kind }) => kind === 'ConfigMap')!
  const { template, selector } = all.find(({ kind }) => kind === 'Deployment')!.spec!
  const { terminationGracePeriodSeconds: grace, containers } = template!.spec
  const [container] = containers
  const files = container.env.flatMap((one) => (one.name.endsWith('_FILE') ? [one] : []))
  const given = Object.fromEntries(files.map((one) => [one.name.slice(0, -'_FILE'.length), one]))

  it('gives all that the program needs in production, and nothing that it does not read', () => {
    const ofSecret = Object.fromEntries(Object.keys(given).map((each) => [each, secrets[each]]))
    const declared: Readonly<Record<string, Variable<unknown>>> = variables
    const read = readEnv(declared, { NODE_ENV: 'production', ...data, ...ofSecret })
    expect(read[port]).toBe(container.ports[0]!.containerPort)
    expect(Object.keys(declared)).toEqual(expect.arrayContaining([...Object.keys(data), ...Object.keys(given)]))
  })

  it('reads every secret from a file, none from the manifest', () => {
    const hidden = Object.entries<Variable<unknown>>(variables).flatMap(([each, one]) => (one.hidden ? [each] : []))
    expect(Object.keys(data).filter((each) => hidden.includes(each))).toEqual([])
    for (const [each, { value }] of Object.entries(given)) expect(value).toBe(`/run/secrets/${name}/${each}`)
  })

  it('waits for the end of a stop', () => {
    expect(grace * 1_000).toBeGreaterThanOrEqual(
      Number(data['DRAIN_DELAY_MS']) + Number(data['STOP_WITHIN_MS']) + 2_000,
    )
  })

  it('asks the right door whether it lives and whether it is ready, and runs without rights', () => {
    const paths = [container.startupProbe, container.livenessProbe, container.readinessProbe].map(
      (one) => one.httpGet.path,
    )
    expect(paths).toEqual(['/livez', '/livez', '/readyz'])
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true })
  })

  it('is one thing under one name', () => {
    expect(new Set(all.map(({ metadata }) => metadata.name))).toEqual(new Set([name]))
    expect(selector!.matchLabels).toEqual(template!.metadata.labels)
    expect(template!.metadata.annotations['prometheus.io/port']).toBe(String(container.ports[0]!.containerPort))
  })
})

it('deploy/kubernetes/network.yaml speaks of every service', () => {
  const [services] = manifests('network.yaml')
  const guarded = services!.spec!.podSelector!.matchExpressions![0]!.values
  const running = globSync('services/*', { cwd: root }).flatMap((folder) => folder.split('/')[1] ?? [])
  expect(new Set([...guarded, 'identity'])).toEqual(new Set(running))
})
