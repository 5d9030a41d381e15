// npm run contracts — checks the contracts against apps/<client>-bff/openapi.json and every released contract still in use;
// --write updates the files first.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { mobile } from '../packages/contracts/src/mobile.ts'
import { session, web } from '../packages/contracts/src/web.ts'
import { breaking } from '../packages/gateway-core/src/openapi/breaking.ts'
import type { Document } from '../packages/gateway-core/src/openapi/document.ts'
import { openApi } from '../packages/gateway-core/src/openapi/open-api.ts'

/** A client's name → the contract of its BFF as a document. */
export type Clients = Readonly<Record<string, (version: string) => Document>>

export const clients: Clients = {
  web: (version) => openApi(web, { title: 'Shop for browsers', version, security: 'session', extra: { session } }),
  mobile: (version) => openApi(mobile, { title: 'Shop for the app', version, security: 'bearer', floor: true }),
}

export interface Folders {
  /** Contains a `<client>-bff` per client. */
  readonly apps: string
  /** Contains a folder per released client: `1.4.0.json`, and `floor.json` beside them. */
  readonly released: string
}

const root = join(import.meta.dirname, '..')
export const folders: Folders = { apps: join(root, 'apps'), released: join(root, 'packages/contracts/released') }

/** The file content of a document. */
export const textOf = (document: Document): string => `${JSON.stringify(document, null, 2)}\n`

/** Version of a document that no client has been released with. */
const unreleased = 'unreleased'

const fileOf = (client: string, { apps }: Folders): string => join(apps, `${client}-bff`, 'openapi.json')

export function write(all: Clients, where: Folders): void {
  for (const [client, document] of Object.entries(all))
    writeFileSync(fileOf(client, where), textOf(document(unreleased)))
}

/** One line per fault: an outdated file, or a change that breaks a client in use. */
export const faultsOf = (all: Clients, where: Folders): readonly string[] =>
  Object.entries(all).flatMap(([client, print]) => {
    const document = print(unreleased)
    const file = fileOf(client, where)
    const drifted = !existsSync(file) || readFileSync(file, 'utf8') !== textOf(document)
    return [
      ...(drifted ? [`${file} does not match the contracts: run \`npm run contracts -- --write\`.`] : []),
      ...versionsInUse(client, where.released).flatMap((version) =>
        breaking(read(releaseOf(client, version, where.released)) as Document, document).map(
          ({ where, what }) => `${client} ${version} breaks: ${where}: ${what}`,
        ),
      ),
    ]
  })

export const releaseOf = (client: string, version: string, released: string): string =>
  join(released, client, `${version}.json`)

/** The newest release of a client and every other not below its floor, oldest first. Without a floor, all are in use. */
export function versionsInUse(client: string, released: string): readonly string[] {
  const versions = versionsOf(client, released)
  const file = join(released, client, 'floor.json')
  if (!existsSync(file)) return versions
  const { floor } = read(file) as { readonly floor?: unknown }
  if (typeof floor !== 'string' || !isVersion(floor)) throw new TypeError(`${file} must contain {"floor": "1.2.0"}`)
  return versions.filter((version, i) => i === versions.length - 1 || compareVersions(version, floor) >= 0)
}

/** All releases, oldest first. Throws a `TypeError` for a file not named after a version. */
export function versionsOf(client: string, released: string): readonly string[] {
  const names = globSync('*.json', { cwd: join(released, client) }).filter((name) => name !== 'floor.json')
  const versions = names.map((name) => name.slice(0, -'.json'.length))
  const odd = versions.find((version) => !isVersion(version))
  if (odd !== undefined)
    throw new TypeError(`${releaseOf(client, odd, released)}: the name must be a version such as 1.2.0`)
  return versions.toSorted(compareVersions)
}

/** Three numbers. Prereleases have no contract to keep. */
export const isVersion = (text: string): boolean => /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}$/.test(text)

/** Below 0 if `one` is older. */
export function compareVersions(one: string, other: string): number {
  const [these, those] = [one, other].map((version) => version.split('.').map(Number))
  const at = these!.findIndex((number, i) => number !== those![i])
  return at === -1 ? 0 : these![at]! - those![at]!
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new TypeError(`${file} is not valid JSON`, { cause })
  }
}

/** Returns the exit code. */
export function main(args: readonly string[], all = clients, where = folders, say = console.log): number {
  const { values } = parseArgs({ args: [...args], options: { write: { type: 'boolean', default: false } } })
  if (values.write) write(all, where)
  const faults = faultsOf(all, where)
  for (const fault of faults) say(fault)
  if (faults.length === 0) say('The files match the contracts, and no client in use breaks.')
  return faults.length === 0 ? 0 : 1
}

if (import.meta.main) {
  argumentsOf('npm run contracts -- [--write]', { options: { write: { type: 'boolean' } } })
  try {
    process.exitCode = main(process.argv.slice(2))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
  }
}
