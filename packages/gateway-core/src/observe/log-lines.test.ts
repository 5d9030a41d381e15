import { expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { logLines } from './log-lines.ts'

const messages = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { msg: string }).msg)

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(5)
}

/** What a program has logged to standard output, however it ended. */
async function printed(program: string): Promise<string[]> {
  const source = `import { pino } from 'pino'
    import { logLines } from './log-lines.ts'
    const log = pino({}, logLines())
    ${program}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', source], {
    cwd: import.meta.dirname,
  }).catch((error: { stdout: string }) => error)
  return messages(stdout)
}

test('what is logged together is written together, in its order, and soon', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'log-lines-'))
  const file = join(folder.path, 'log')
  const log = pino({}, logLines(file))
  log.info('first')
  log.warn('second')
  expect(readFileSync(file, 'utf8')).toBe('')
  await until(() => readFileSync(file, 'utf8').endsWith('\n'))
  expect(messages(readFileSync(file, 'utf8'))).toEqual(['first', 'second'])
  log.info('third')
  await until(() => readFileSync(file, 'utf8').includes('third'))
  expect(messages(readFileSync(file, 'utf8'))).toEqual(['first', 'second', 'third'])
})

test('lines that come while others are written are written after them', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'log-lines-'))
  const file = join(folder.path, 'log')
  const log = pino({}, logLines(file))
  const all = Array.from({ length: 500 }, (_, i) => `line ${i} ${'x'.repeat(200)}`)
  for (const [i, line] of all.entries()) {
    log.info(line)
    if (i % 7 === 0) await setTimeout(0)
  }
  await until(() => readFileSync(file, 'utf8').includes('line 499'))
  expect(messages(readFileSync(file, 'utf8'))).toEqual(all)
})

test.each([
  ['leaves by itself', `log.info('last')`],
  ['exits at once', `log.info('last'); process.exit(3)`],
  ['fails', `log.info('last'); throw new Error('on purpose')`],
  ['is killed behind a fatal line', `log.fatal('last'); process.kill(process.pid, 'SIGKILL')`],
])('a program that %s has written every line', async (_, end) => {
  expect(await printed(`log.info('first'); ${end}`)).toEqual(['first', 'last'])
})

test('whoever does not read delays nothing', async () => {
  const program = `import { logLines } from './log-lines.ts'
    const lines = logLines()
    const line = 'x'.repeat(1_048_575) + '\\n'
    lines.write(line)
    setTimeout(() => {
      for (let i = 0; i < 40; i++) lines.write(line)
      process.stderr.write('on it goes')
      // What waits is not written to somebody who does not read.
      process.kill(process.pid, 'SIGKILL')
    }, 50)`
  const child = execFile(process.execPath, ['--input-type=module-typescript', '-e', program], {
    cwd: import.meta.dirname,
  })
  child.stdout!.pause()
  const [said] = (await child.stderr!.toArray()) as [string]
  expect(said).toBe('on it goes')
})

test('of what waits for the reader, at most 16 MiB is held', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'log-lines-'))
  const file = join(folder.path, 'log')
  const lines = logLines(file)
  const line = `${'x'.repeat(1_048_575)}\n`
  for (let i = 0; i < 20; i++) lines.write(line)
  lines.flushSync()
  expect(readFileSync(file).length).toBe(16 * line.length)
})
