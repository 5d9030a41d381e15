// npm run release-contract -- <client> <version> — records a client's released contract, so that no later change breaks it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { argumentsOf } from '@bff/gateway-core/arguments'
import { clients, compareVersions, folders, isVersion, releaseOf, textOf, versionsOf } from './contracts.ts'

const usage = 'npm run release-contract -- <client> <version>'

/** Returns the file. Throws a `TypeError` that explains a fault; a recorded release never changes. */
export function release(args: readonly string[], all = clients, { released } = folders): string {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true })
  const [client = '', version = '', ...rest] = positionals
  if (version === '' || rest.length > 0) throw new TypeError(usage)
  const print = Object.hasOwn(all, client) ? all[client] : undefined
  if (print === undefined)
    throw new TypeError(`There is no client "${client}", only ${Object.keys(all).join(' and ')}.`)
  if (!isVersion(version)) throw new TypeError(`"${version}" is not a version: three numbers, as in 1.2.0.`)
  const newest = versionsOf(client, released).at(-1)
  if (newest !== undefined && compareVersions(version, newest) <= 0) {
    throw new TypeError(`${client} ${newest} is already recorded: the next version must be newer.`)
  }
  const file = releaseOf(client, version, released)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, textOf(print(version)), { flag: 'wx' })
  return file
}

if (import.meta.main) {
  argumentsOf(usage, { allowPositionals: true })
  try {
    console.log(`Recorded as ${release(process.argv.slice(2))}`)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
  }
}
