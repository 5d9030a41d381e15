import { freePort } from '@bff/gateway-core/testing'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

export type Variables = Readonly<Record<string, string>>

/** Runs `src/main.ts` in its own process, with only these variables. */
export function launch(env: Variables): { child: ChildProcess; exit: Promise<unknown>; complaint: Promise<string> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: { PATH: process.env['PATH'], ...env },
  })
  return { child, exit: once(child, 'exit').then(([code]) => code as unknown), complaint: text(child.stderr) }
}

/** The same, once it is ready. */
export async function startProgram(env: Variables): Promise<AsyncDisposable & { readonly issuer: string }> {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const { child, exit, complaint } = launch({ ...env, IDENTITY_PORT: String(port), IDENTITY_URL: issuer })
  const ready = Promise.withResolvers<void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if ((JSON.parse(line) as { msg: string }).msg === 'ready') ready.resolve()
  })
  void exit.then(async () => ready.reject(new Error(await complaint)))
  await ready.promise
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exit
    },
  }
}
