import { appendFileSync } from 'node:fs'

/** Adds this run's counts to the file that `JEST_COUNTS` names. In CI a skipped test is a failed one. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const file = process.env['JEST_COUNTS']
    if (file === undefined) return
    const skipped = results.numPendingTests + results.numTodoTests
    const failed =
      results.numFailedTests + results.numRuntimeErrorTestSuites + (process.env['CI'] === 'true' ? skipped : 0)
    appendFileSync(file, `${results.numPassedTests} ${failed}\n`)
  }

  getLastError() {
    return undefined
  }
}
