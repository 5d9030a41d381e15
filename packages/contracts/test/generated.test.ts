import { execFile } from 'node:child_process'
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from '@jest/globals'

const packages = new URL('../..', import.meta.url).pathname
const bin = join(packages, '../node_modules/.bin')
const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }

it.each([
  ['contracts', 'src/gen'],
  ['gateway-core', 'src/road/grpc/gen'],
  ['gateway-core/test/grpc', 'gen'],
])(
  '%s: the code generated from the .proto is the code that is committed',
  async (name, folder) => {
    const root = join(packages, name)
    const out = await mkdtemp(join(tmpdir(), 'generated-'))
    try {
      const template = join(out, 'buf.gen.yaml')
      await writeFile(
        template,
        (await readFile(join(root, 'buf.gen.yaml'), 'utf8')).replace(`out: ${folder}`, `out: ${join(out, 'gen')}`),
      )
      await promisify(execFile)(join(bin, 'buf'), ['generate', '--template', template], { cwd: root, env })
      expect(await contents(join(root, folder))).toEqual(await contents(join(out, 'gen')))
    } finally {
      await rm(out, { recursive: true })
    }
  },
  30_000,
)

async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const names: string[] = []
  for await (const name of glob('**/*_pb.*', { cwd: folder })) names.push(name)
  expect(names.length).toBeGreaterThan(0)
  return Object.fromEntries(
    await Promise.all(
      names.toSorted().map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
    ),
  )
}
