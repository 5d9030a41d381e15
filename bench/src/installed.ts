import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

// Debian keeps servers out of the PATH of non-root users.
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

const names = ['wrk', 'nginx', 'haproxy', 'taskset'] as const
export type Program = (typeof names)[number]

/** Path of each installed program. */
export const programs = Object.fromEntries(names.map((name) => [name, find(name)])) as Record<
  Program,
  string | undefined
>

/** The program's own version string. */
export function version(name: Program): string | undefined {
  const path = programs[name]
  if (path === undefined) return undefined
  const { stdout, stderr } = spawnSync(path, ['-v'], { encoding: 'utf8' })
  return /\d+\.\d+(?:\.\d+)?/.exec(stdout + stderr)?.[0]
}

function find(name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(executable)
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
