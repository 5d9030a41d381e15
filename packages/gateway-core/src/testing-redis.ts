import { freePort } from './testing-port.ts'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real Redis for a test, on a free local port. It writes nothing to disk. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Kills it abruptly, as when the machine fails; its data is lost. */
  kill(): Promise<void>
  /** Starts it again at the same address. */
  start(): Promise<void>
  /** Keeps its connections and accepts new ones, but answers nothing. */
  hang(): void
  resume(): void
}

const program = 'redis-server'

/** Whether Redis is installed. If not, warns what is skipped; with `required` it returns true, and the tests fail. */
export function hasRedis(required: boolean): boolean {
  if (required || spawnSync(program, ['--version']).status === 0) return true
  console.warn(`Skipped: tests that need a real Redis. Install ${program} to run them (apt-get install redis-server).`)
  return false
}

type Settings = readonly string[]

/** Starts a Redis. `settings` are configuration lines that override ours: `['requirepass secret']`. */
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

/** Resolves once it accepts connections. */
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
