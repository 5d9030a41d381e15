// node scripts/watch.ts src/main.ts — runs a program with the variables of `.env`, and restarts it when its sources or a package's
// change. Node's own --watch warns for every program if `.env` is missing, and has no compile cache.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'

const [program = 'src/main.ts'] = process.argv.slice(2)
const root = join(import.meta.dirname, '..')
const settings = join(root, '.env')

/** Milliseconds without a change before a restart. */
const quiet = 150

let child: ChildProcess | undefined
let restart: NodeJS.Timeout | undefined
let stopping = false

function start(): void {
  child = spawn(process.execPath, [...(existsSync(settings) ? [`--env-file=${settings}`] : []), program], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'), ...process.env },
  })
  child.once('exit', (code) => {
    child = undefined
    if (stopping) process.exit(code ?? 1)
  })
}

function changed(_event: string, file: string | null): void {
  if (stopping || file === null || !/\.(?:ts|json)$/.test(file) || /\.test\.|node_modules/.test(file)) return
  clearTimeout(restart)
  restart = setTimeout(() => {
    if (child === undefined) return start()
    child.once('exit', () => stopping || start())
    child.kill('SIGTERM')
  }, quiet)
}

function stop(): void {
  stopping = true
  if (child === undefined) process.exit(0)
  child.kill('SIGTERM')
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
for (const folder of ['src', join(root, 'packages')]) watch(folder, { recursive: true }, changed)
start()
