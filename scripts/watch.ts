// node scripts/watch.ts src/main.ts — runs a program, and again whenever its sources or a package's change.
// Node's own --watch dies of an assertion when Ctrl-C reaches it twice, as it does under a task runner (24.21.0).
import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'

const [program = 'src/main.ts'] = process.argv.slice(2)
const packages = join(import.meta.dirname, '../packages')

/** Milliseconds that a burst of changes gets to end. */
const quiet = 150

let child: ChildProcess | undefined
let restart: NodeJS.Timeout | undefined
let stopping = false

function start(): void {
  const environment = join(import.meta.dirname, '../.env')
  child = spawn(process.execPath, [`--env-file-if-exists=${environment}`, program], { stdio: 'inherit' })
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
for (const folder of ['src', packages]) watch(folder, { recursive: true }, changed)
start()
