import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from '@jest/globals'

const root = new URL('..', import.meta.url).pathname

it('the code generated from the .proto is the code that is committed', async () => {
  const out = await mkdtemp(join(tmpdir(), 'generated-'))
  try {
    const template = join(out, 'buf.gen.yaml')
    await writeFile(template, (await readFile(`${root}buf.gen.yaml`, 'utf8')).replace('out: src/gen', `out: ${out}`))
    await promisify(execFile)(`${root}../../node_modules/.bin/buf`, ['generate', '--template', template], { cwd: root })
    const fresh = await readFile(join(out, 'inventory_pb.ts'), 'utf8')
    expect(await readFile(`${root}src/gen/inventory_pb.ts`, 'utf8')).toBe(fresh)
  } finally {
    await rm(out, { recursive: true })
  }
}, 30_000)
