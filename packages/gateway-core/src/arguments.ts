import { parseArgs, type ParseArgsConfig } from 'node:util'

/**
 * Parses the command line. `--help` prints the usage and exits with 0; invalid arguments print one sentence and the
 * usage, and exit with 2.
 */
export function argumentsOf<const C extends ParseArgsConfig>(
  usage: string,
  config: C,
): ReturnType<typeof parseArgs<C>> {
  if (process.argv.slice(2).includes('--help')) end(process.stdout, usage, 0)
  try {
    return parseArgs(config)
  } catch (error) {
    return misused(`${(error as Error).message.split('. ', 1)[0]}.`, usage)
  }
}

/** Prints one sentence about the invalid arguments and the usage, then exits with 2. */
export const misused = (sentence: string, usage: string): never => end(process.stderr, `${sentence}\n${usage}`, 2)

function end(stream: NodeJS.WriteStream, text: string, code: number): never {
  stream.write(`${text}\n`)
  process.exit(code)
}
