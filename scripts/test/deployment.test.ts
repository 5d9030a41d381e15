import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

interface Service {
  readonly build: { readonly target: string; readonly args: { readonly WORKSPACE: string; readonly FOLDER: string } }
  readonly ports?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: { readonly test: readonly string[] }
}

const root = new URL('../../', import.meta.url).pathname
const text = (file: string) => readFileSync(root + file, 'utf8')
const { services } = parse(text('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> }
const named = (source: string) => [...source.matchAll(/^\s*([A-Z][A-Z\d_]+): /gm)].map(([, name]) => name!)

/** Every variable that some program of a workspace reads. */
const variablesOf = (folder: string) =>
  globSync(`${folder}/src/{env,main}.ts`, { cwd: root }).flatMap((file) => named(text(file)))

// There is no engine to run it with: the file is read, not executed.
describe('docker-compose.yml', () => {
  it('runs every service of the shop and both BFFs', () => {
    const deployed = globSync('{services/*,apps/*-bff}', { cwd: root }).map((folder) => folder.split('/')[1])
    expect(new Set(Object.keys(services))).toEqual(new Set(deployed))
  })

  it.each(Object.entries(services))(
    '%s is built from a folder that exists, and can be asked how it is',
    (name, service) => {
      const { WORKSPACE, FOLDER } = service.build.args
      expect(WORKSPACE).toBe(`@bff/${name}`)
      expect(existsSync(`${root}${FOLDER}/src/main.ts`)).toBe(true)
      expect(text('Dockerfile')).toContain(` AS ${service.build.target}\n`)
      expect(service.healthcheck?.test.join(' ')).toContain('/readyz')
      for (const { condition } of Object.values(service.depends_on ?? {})) expect(condition).toBe('service_healthy')
    },
  )

  it.each(Object.entries(services))(
    '%s gets every address and secret that it reads, and no secret from this file',
    (_, service) => {
      const needed = variablesOf(service.build.args.FOLDER).filter((name) => /_(?:URL|SECRET)$/.test(name))
      expect(Object.keys(service.environment)).toEqual(expect.arrayContaining(needed))
      for (const [name, value] of Object.entries(service.environment)) {
        if (name.endsWith('_SECRET')) expect(value).toMatch(/^\$\{\w+:\?\}$/)
      }
    },
  )

  it('publishes the doors alone: both BFFs, and where people sign in', () => {
    const published = Object.entries(services).filter(([, { ports }]) => ports !== undefined)
    expect(new Set(published.map(([name]) => name))).toEqual(new Set(['identity', 'mobile-bff', 'web-bff']))
  })
})

describe('.env.example', () => {
  it('names every variable there is', () => {
    const listed = [...text('.env.example').matchAll(/^([A-Z\d_]+)=/gm)].map(([, name]) => name)
    const read = ['services/*', 'apps/*-bff'].flatMap(variablesOf)
    expect(read.length).toBeGreaterThan(15)
    expect(listed).toEqual(expect.arrayContaining(read))
  })
})
