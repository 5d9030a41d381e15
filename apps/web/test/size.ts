// node test/size.ts <source> — bytes of a module and all it imports from this repository, minified and gzipped.
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'

const [source = ''] = process.argv.slice(2)
const entry = join(import.meta.dirname, '../src/size-entry.ts')

const { output } = (await build({
  configFile: false,
  logLevel: 'silent',
  plugins: [
    {
      name: 'entry',
      resolveId: (id) => (id === entry ? id : undefined),
      load: (id) => (id === entry ? source : undefined),
    },
  ],
  build: {
    write: false,
    minify: true,
    modulePreload: false,
    rolldownOptions: { input: entry, preserveEntrySignatures: 'strict', external: ['@tanstack/react-query'] },
  },
})) as Rolldown.RolldownOutput

console.log(output.map((one) => (one.type === 'chunk' ? gzipSync(one.code).length : 0)).reduce((a, b) => a + b))
