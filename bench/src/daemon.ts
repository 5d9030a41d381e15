import { freePort } from '@bff/gateway-core/testing'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { onSubjectCore } from './cores.ts'
import type { Subject } from './subject.ts'

/** Starts a third-party server on the subjects' core, with a generated configuration. */
export async function daemon(
  program: string,
  args: (folder: string, file: string) => readonly string[],
  configure: (port: number, folder: string) => string,
): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-bench-'))
  const file = join(folder, 'conf')
  const port = await freePort()
  await writeFile(file, configure(port, folder))
  const [command, ...rest] = onSubjectCore([program, ...args(folder, file)])
  const child = spawn(command!, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
  const gone = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error(`${program} did not start listening`)
    await setTimeout(50)
  }
  return {
    url,
    pid: child.pid!,
    headers: {},
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true })
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.body?.cancel().then(() => true) ?? true,
    () => false,
  )
