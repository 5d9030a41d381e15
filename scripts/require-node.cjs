'use strict'
// Must run under any Node version: only syntax that Node 12 can parse.
const { existsSync } = require('fs')
const { join } = require('path')
const { engines } = require('../package.json')

const numbers = (version) => version.split('.').map(Number)
const [floor] = /\d+\.\d+\.\d+/.exec(engines.node)
const [have, need] = [numbers(process.versions.node), numbers(floor)]
const [major] = need

if (have[0] !== major || (have[1] - need[1] || have[2] - need[2]) < 0) {
  const at = (path) => existsSync(join(__dirname, '../node_modules', path))
  const remedy = at('.bin/node')
    ? 'start it with `npm run`, which uses the pinned Node in node_modules'
    : `run \`${at('node') ? 'npm rebuild node' : 'npm ci'}\`, which installs the pinned Node in node_modules`
  console.error(
    `This needs Node ${floor} or a later ${major}, not ${process.versions.node}: ${remedy}, or install Node ${major}.`,
  )
  process.exit(1)
}
