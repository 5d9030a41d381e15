import { freePort } from './testing-port.ts'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real Redis of a test's own, on a free port of this machine. It writes nothing to disk. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** At once and without a word, as when the machine goes; what it held is gone. */
  kill(): Promise<void>
  /** Again, at the same address. */
  start(): Promise<void>
  /** It keeps its connections and takes new ones, and answers nothing. */
  hang(): void
  resume(): void
}

const program = 'redis-server'

/** Whether there is one to start. When not, says what is skipped; `required` says so too, and lets the tests fail. */
export function hasRedis(required: boolean): boolean {
  if (required || spawnSync(program, ['--version']).status === 0) return true
  console.warn(
    `Skipped: all that needs a real Redis, for there is no ${program}. Install it (apt-get install redis-server).`,
  )
  return false
}

type Settings = readonly string[]

/** Start one. `settings` are lines of its configuration, after and above our own: `['requirepass secret']`. */
export async function redisServer(settings: Settings | ((port: number) => Settings) = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const port = await freePort()
  const given = typeof settings === 'function' ? settings(port) : settings
  const own = [`port ${port}`, 'bind 127.0.0.1', 'save ""', 'appendonly no', `dir ${folder}`, ...given].join('\n')
  let running: ChildProcess | undefined
  const start = async (): Promise<void> => {
    running = await begin(own)
  }
  const kill = async (): Promise<void> => {
    const [ending, child] = [running && once(running, 'exit'), running]
    running = undefined
    child?.kill('SIGKILL')
    await ending
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    hang: () => void running?.kill('SIGSTOP'),
    resume: () => void running?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when it takes connections. */
async function begin(configuration: string): Promise<ChildProcess> {
  const child = spawn(program, ['-'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ready = Promise.withResolvers<void>()
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (/ready to accept connections/i.test(said)) ready.resolve()
  })
  child.once('error', ready.reject)
  child.once('exit', () => ready.reject(new Error(`${program} has not started:\n${said}`)))
  child.stdin.end(configuration)
  await ready.promise
  return child
}
