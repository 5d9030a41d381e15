'use strict'
// node scripts/jest.cjs <folder> [Jest's own arguments] — runs Jest on ES modules with the shared configuration.
require('./require-node.cjs')
const { spawnSync } = require('node:child_process')
const { join } = require('node:path')

const [folder, ...rest] = process.argv.slice(2)
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    require.resolve('jest/bin/jest'),
    `--config=${join(__dirname, '../jest.config.js')}`,
    `--rootDir=${folder}`,
    ...rest,
  ],
  { stdio: 'inherit' },
)
process.exit(status === null ? 1 : status)
