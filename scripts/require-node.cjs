'use strict'
// Runs under whatever Node there is, however old: nothing newer than ES5 here.
var floor = /\d+\.\d+\.\d+/.exec(require('../package.json').engines.node)[0]
var have = process.versions.node.split('.').map(Number)
var need = floor.split('.').map(Number)
var newer = have[0] - need[0] || have[1] - need[1] || have[2] - need[2]
if (newer < 0 || have[0] !== need[0]) {
  console.error(
    'This needs Node ' +
      floor +
      ' or a later ' +
      need[0] +
      ', but Node ' +
      process.versions.node +
      ' runs it.\n' +
      'Mend it with `npm rebuild node`, which puts the pinned Node into node_modules (npm ci does so too, unless it was told\n' +
      'to ignore scripts), or install Node ' +
      need[0] +
      ' yourself.',
  )
  process.exit(1)
}
