import { existsSync, globSync, readFileSync } from 'node:fs'
import { matchesGlob } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

interface Service {
  /** Absent: a third-party image. */
  readonly build?: {
    readonly context: string
    readonly target: string
    readonly args: { readonly WORKSPACE: string; readonly FOLDER: string; readonly PORT: number }
  }
  readonly image?: string
  readonly healthcheck?: object
  readonly ports?: readonly string[]
  readonly networks: readonly string[] | Readonly<Record<string, object>>
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, unknown>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const root = new URL('../../', import.meta.url).pathname
const text = (file: string) => readFileSync(root + file, 'utf8')
const { services, networks, volumes } = parse(text('docker-compose.yml'), { merge: true }) as Compose
const ours = Object.entries(services).flatMap(([name, { build, ...service }]) =>
  build === undefined ? [] : [[name, { ...service, build }] as const],
)
const dockerfile = text('Dockerfile')
const tools = (JSON.parse(text('package.json')) as { devDependencies: Record<string, string> }).devDependencies

/** The variables a workspace's programs read: name → default, as written in the source. */
const variablesOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    globSync(`${folder}/src/{env,main,run,addresses}.ts`, { cwd: root })
      .flatMap((file) => [
        ...text(file).matchAll(
          /\b([A-Z\d_]+): (?:(?:privateKeys|clientPrivateKey)\b|(?:port|url|issuer|addresses|networks|count|redis|secrets?|optionalSecrets|keySet|oneOf|text|milliseconds)\(([^,)]*))/g,
        ),
      ])
      .map(([, name, fallback]) => [name!, fallback ?? '']),
  )

const networksOf = ({ networks: named }: Service): readonly string[] =>
  Array.isArray(named) ? named : Object.keys(named)

// Parsed rather than run, because the tests have no container engine.
describe('docker-compose.yml', () => {
  it('runs every service of the shop and both BFFs', () => {
    const deployed = globSync('{services/*,apps/*-bff}', { cwd: root }).map((folder) => folder.split('/')[1])
    expect(new Set(ours.map(([name]) => name))).toEqual(new Set(deployed))
  })

  it('runs nothing else but the Redis that the BFFs share, which can be asked whether it is ready', () => {
    const others = Object.entries(services).filter(([, { build }]) => build === undefined)
    expect(others).toMatchObject([
      ['redis', { image: expect.stringMatching(/^redis:/), healthcheck: expect.anything() }],
    ])
    for (const bff of ['web-bff', 'mobile-bff']) {
      expect(services[bff]?.environment?.['REDIS_URL']).toBe('${REDIS_URL:-redis://redis:6379}')
      expect(services[bff]?.depends_on).toHaveProperty('redis')
    }
  })

  it.each(ours)('%s is built from what is there, and asked where it listens', (name, service) => {
    const { WORKSPACE, FOLDER, PORT } = service.build.args
    const variables = variablesOf(FOLDER)
    expect(WORKSPACE).toBe(`@bff/${name}`)
    expect(existsSync(`${root}${FOLDER}/src/main.ts`)).toBe(true)
    expect(dockerfile).toContain(` AS ${service.build.target}\n`)
    expect(variables.get(`${name.toUpperCase().replace('-', '_')}_PORT`)).toBe(String(PORT))
    for (const published of service.ports ?? []) expect(published).toBe(`\${PUBLISH_ON:-127.0.0.1}:${PORT}:${PORT}`)
  })

  it.each(Object.entries(services))(
    '%s waits for what is healthy, on a network and volumes that exist',
    (_, service) => {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(services).toHaveProperty(name)
        expect(condition).toBe('service_healthy')
      }
      expect(Object.keys(networks)).toEqual(expect.arrayContaining([...networksOf(service)]))
      const mounted = (service.volumes ?? []).map((volume) => volume.split(':')[0])
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(mounted))
    },
  )

  it.each(ours)('%s gets all that it reads, and no secret from here', (_, service) => {
    const folder = service.build.args.FOLDER
    const programs = globSync(`${folder}/src/{env,main}.ts`, { cwd: root }).map(text).join('')
    const shared = Object.entries({ bffVariables: 'packages/service-kit', shopVariables: 'packages/contracts' })
      .filter(([name]) => programs.includes(name))
      .flatMap(([, from]) => [...variablesOf(from).keys()])
    // Set by the image.
    const settled = /^(?:HOST|[A-Z_]+_PORT|ORDERS_FILE|WEB_ROOT)$/
    const needed = [...variablesOf(folder).keys(), ...shared].filter((name) => !settled.test(name))
    expect(Object.keys(service.environment ?? {})).toEqual(expect.arrayContaining(needed))
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (/_SECRET$|^(?:SESSION|WEB_BFF|MOBILE_BFF)_KEYS$/.test(name)) expect(value).toBe(`\${${name}:?}`)
      const [, host, port] = /^http:\/\/([^:]+):(\d+)$/.exec(value) ?? []
      if (host !== undefined) expect(services[host]?.build?.args.PORT).toBe(Number(port))
    }
  })

  it('keeps the Redis of the BFFs from the services', () => {
    const neighbours = Object.keys(services).filter((name) => networksOf(services[name]!).includes('state'))
    expect(new Set(neighbours)).toEqual(new Set(['redis', 'web-bff', 'mobile-bff']))
  })

  it.each(ours)('%s may write to nothing but its volumes, and gains no right', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number),
      mem_limit: expect.any(String),
    })
  })

  it('publishes the doors alone: both BFFs, and where people sign in', () => {
    const published = Object.keys(services).filter((name) => services[name]!.ports !== undefined)
    expect(new Set(published)).toEqual(new Set(['identity', 'mobile-bff', 'web-bff']))
  })
})

describe('Dockerfile', () => {
  it('runs the Node that is pinned here, and no tool that the lockfile does not name', () => {
    expect(dockerfile).toContain(`FROM node:${tools['node']}-bookworm-slim AS base`)
    expect(dockerfile).not.toMatch(/npx --yes|npm (?:i|install|exec)\b/)
    expect(text('.nvmrc').trim()).toBe(tools['node'])
  })

  it('runs nothing as root, and can be asked whether it is ready', () => {
    expect(dockerfile).toMatch(/^USER node$/m)
    const [, probe] = /^HEALTHCHECK .* CMD node \/repo\/(\S+) /m.exec(dockerfile) ?? []
    expect(existsSync(root + probe)).toBe(true)
    expect(dockerfile).toContain(`COPY ${probe} `)
  })
})

describe('.env.example', () => {
  const listed = [...text('.env.example').matchAll(/^([A-Z\d_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!])
  const names = listed.map(([name]) => name!)

  it('names every variable that a program reads, and no other', () => {
    const declared = globSync(['services/*', 'apps/*-bff', 'packages/{service-kit,gateway-core,contracts}'], {
      cwd: root,
    }).flatMap((each) => [...variablesOf(each).keys()])
    const direct = globSync(['apps/*/src/**/*.ts', 'apps/*/*.config.ts'], { cwd: root })
      .flatMap((file) => [...text(file).matchAll(/process\.env\['([A-Z\d_]+)'\]/g)])
      .map(([, name]) => name!)
    expect(new Set(names)).toEqual(new Set([...declared, ...direct]))
  })

  it('gives no secret away, which somebody might keep', () => {
    expect(listed.filter(([name, value]) => /_(?:SECRET|KEYS?)$/.test(name!) && value !== '')).toEqual([])
  })

  it('is what turbo hands on to the programs', () => {
    const { globalEnv, globalPassThroughEnv } = JSON.parse(text('turbo.json')) as Record<string, string[]>
    const handed = [...globalEnv!, ...globalPassThroughEnv!]
    expect(names.filter((name) => !handed.some((pattern) => matchesGlob(name, pattern)))).toEqual([])
  })
})
