import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from '@jest/globals'

const run = promisify(execFile)

it.each([
  ['what this client has of it', `export * from './api.ts'`],
  ['all of it', `export * from '@bff/gateway-core/client'`],
])('the typed client fits in 4 KiB, minified and gzipped: %s', async (what, source) => {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'size.ts'), source])
  process.stdout.write(`typed client, ${what}: ${stdout.trim()} bytes\n`)
  expect(Number(stdout)).toBeGreaterThan(500)
  expect(Number(stdout)).toBeLessThanOrEqual(4_096)
})
