import { destination, type DestinationStream } from 'pino'

/** Milliseconds a line may wait for others. */
const patience = 10

/** Characters that may wait to be written. */
const mostHeld = 16_777_216

/**
 * Where the lines of a log go: a file, or a descriptor (default standard output). What comes within 10 ms is one write, for
 * that is what costs most of a line. It is not waited for: whoever reads too slowly delays no request, and when 16 MiB wait
 * for them loses what comes on top. A process that exits or fails writes what it holds first; one that is killed cannot.
 */
export function logLines(to: number | string = 1): DestinationStream & { flushSync(): void } {
  const later = destination({ dest: to, sync: false })
  const now = destination({ dest: to, sync: true })
  let held = ''
  let due = false
  let writing = false
  const take = () => {
    const lines = held
    held = ''
    return lines
  }
  const flush = () => {
    due = false
    if (writing || held === '') return
    writing = true
    later.write(take())
  }
  later.on('drain', () => {
    writing = false
    // What came meanwhile has its own 10 ms, unless they are over.
    if (!due) flush()
  })
  const flushSync = () => void (held !== '' && now.write(take()))
  process.on('exit', flushSync)
  return {
    flushSync,
    write(line) {
      if (held.length < mostHeld) held += line
      if (due) return
      due = true
      setTimeout(flush, patience)
    },
  }
}
